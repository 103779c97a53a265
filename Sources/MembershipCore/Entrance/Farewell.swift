import MembershipWire

/// Leaving on purpose: a signed statement that we have left, so that no member probes us or declares
/// us dead (memberlist: leave).
///
/// It is on every rumor wave and on heartbeats whose acks confirm it. It is over when two members
/// have confirmed it and its first wave is out. It is also over when one member has confirmed it
/// and 400 ms have passed, because that member informs the others. It is over after a second
/// without a confirmation, because then no member is there.
struct Farewell: Sendable {
    private let startedAt: ClusterInstant
    /// Heartbeats that carried it.
    private var sequences: Set<UInt64> = []
    private var confirmed: Set<NodeID> = []
    /// When enough members had confirmed it.
    private var isEnoughSince: ClusterInstant?

    private let needed: Int
    private let patience: Duration
    private let patienceAlone: Duration

    init(_ configuration: CoreConfiguration, at now: ClusterInstant) {
        startedAt = now
        needed = configuration.leaveConfirmations
        patience = configuration.leavePatience
        patienceAlone = configuration.leavePatienceAlone
    }

    /// How many members have acknowledged it.
    var confirmations: Int { confirmed.count }

    /// Whether enough of the other living members have.
    func isConfirmed(among others: Int) -> Bool {
        confirmed.count >= min(needed, others)
    }

    func isConfirmed(by member: NodeID) -> Bool { confirmed.contains(member) }

    /// Whether we may go.
    ///
    /// - Parameter spreading: how long the first wave of rumors and its repair take.
    mutating func isOver(
        among others: Int, spreading: Duration, at now: ClusterInstant
    ) -> Bool {
        if isConfirmed(among: others) {
            let since = isEnoughSince ?? now
            isEnoughSince = since
            if others == 0 || now - since >= spreading { return true }
        }
        return now - startedAt >= (confirmed.isEmpty ? patienceAlone : patience)
    }

    /// A heartbeat of this sequence carries it.
    mutating func note(sent sequence: UInt64) { sequences.insert(sequence) }

    /// False if the heartbeat that was acknowledged did not carry it.
    mutating func noteAck(from member: NodeID, to sequence: UInt64) -> Bool {
        guard sequences.contains(sequence) else { return false }
        confirmed.insert(member)
        return true
    }
}
