import MembershipWire

/// The second stage of a join: the peer list is in, and heartbeats show whether datagrams pass and views
/// agree.
struct JoinAgreement: Sendable {
    /// The member that took us in.
    let seed: NodeID
    let membersReceived: Int
    private let since: ClusterInstant
    /// Members that acknowledged a heartbeat with a digest equal to ours.
    private var agreeing: Set<NodeID> = []
    /// Whether any heartbeat was acknowledged.
    private(set) var isAcknowledged = false

    private let needed: Int
    private let patience: Duration

    init(
        with seed: NodeID, membersReceived: Int, _ configuration: CoreConfiguration,
        at now: ClusterInstant
    ) {
        needed = configuration.joinConfirmations
        patience = configuration.joinPatience
        self.seed = seed
        self.membersReceived = membersReceived
        self.since = now
    }

    func isAgreeing(_ member: NodeID) -> Bool { agreeing.contains(member) }

    mutating func noteAck(from member: NodeID, agrees: Bool) {
        isAcknowledged = true
        if agrees { agreeing.insert(member) }
    }

    /// Whether four members agree, or all where there are fewer. `living` counts this node as well.
    func isReached(among living: Int) -> Bool {
        agreeing.count >= min(needed, max(1, living - 1))
    }

    /// Whether we have waited long enough.
    func isOver(at now: ClusterInstant) -> Bool {
        now - since >= patience
    }
}
