import MembershipWire

/// The second phase of a join: the peer list is in, and heartbeats show whether datagrams pass and views
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

    /// Whether the seed has been asked why no heartbeat was acknowledged.
    private(set) var hasAsked = false
    /// Members that accuse us by stream, be it as the answer.
    var calledInVainBy: [NodeID] = []

    private let needed: Int
    private let patience: Duration
    /// The time for the answer, as a part of the patience.
    private static let partForAnswer = 3

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

    /// Whether we have waited long enough, for the answer of the seed as well.
    func isOver(at now: ClusterInstant) -> Bool {
        let isAnswered = isAcknowledged || !calledInVainBy.isEmpty
        let more = hasAsked && !isAnswered ? patience / Self.partForAnswer : .zero
        return now - since >= patience + more
    }

    /// Whether the seed is to be asked now, once, because no heartbeat was acknowledged.
    mutating func asksNow() -> Bool {
        guard !isAcknowledged, calledInVainBy.isEmpty, !hasAsked else { return false }
        hasAsked = true
        return true
    }
}
