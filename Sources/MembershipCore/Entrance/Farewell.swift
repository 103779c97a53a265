import MembershipWire

/// Leaving on purpose: a signed statement that we have left, so that no member probes us or declares
/// us dead (memberlist: leave).
///
/// It is on every rumor wave and on heartbeats whose acks confirm it. Two confirmations, or 5 s, and we
/// may go.
struct Farewell: Sendable {
    private let startedAt: ClusterInstant
    /// Heartbeats that carried it.
    private var sequences: Set<UInt64> = []
    private var confirmed: Set<NodeID> = []

    private let needed: Int
    private let patience: Duration

    init(_ configuration: CoreConfiguration, at now: ClusterInstant) {
        startedAt = now
        needed = configuration.leaveConfirmations
        patience = configuration.leavePatience
    }

    /// How many members have acknowledged it.
    var confirmations: Int { confirmed.count }

    /// Whether enough of the other living members have.
    func isConfirmed(among others: Int) -> Bool {
        confirmed.count >= min(needed, others)
    }

    func isConfirmed(by member: NodeID) -> Bool { confirmed.contains(member) }

    /// Whether we have waited long enough, confirmed or not.
    func isOver(at now: ClusterInstant) -> Bool {
        now - startedAt >= patience
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
