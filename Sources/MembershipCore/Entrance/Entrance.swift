import MembershipWire

/// Coming into the cluster and going out of it: joins of ours, our farewell, the first words with
/// members that do not know our boot or whose boot we do not know, and addresses that are stated but
/// not proven yet.
struct Entrance: Sendable {
    /// How far the life of this node in the cluster has come.
    enum Phase: Sendable {
        case idle, running, leaving, stopped
    }

    private(set) var phase = Phase.idle
    var joins: Joins
    /// While we are leaving.
    private(set) var farewell: Farewell?
    var questions: QuestionLimit
    var trials: AddressTrials
    /// Heartbeats and knocks of checks have a separate measure, which gossip does not use up.
    var checkTrials: AddressTrials
    var newcomers: NewcomerLimits
    /// When a member was last called for the boot that it claims.
    private var lastClaimCall: ClusterInstant?
    private let configuration: CoreConfiguration

    init(_ configuration: CoreConfiguration) {
        self.configuration = configuration
        joins = Joins(configuration)
        questions = QuestionLimit(configuration)
        trials = AddressTrials(configuration)
        checkTrials = AddressTrials(configuration)
        newcomers = NewcomerLimits(configuration)
    }

    mutating func start() { phase = .running }

    /// Whether a member that claims the boot of another may be called now.
    func mayCallClaimant(at now: ClusterInstant) -> Bool {
        lastClaimCall.map { now - $0 >= configuration.claimCallPause } ?? true
    }

    mutating func noteClaimCall(at now: ClusterInstant) { lastClaimCall = now }

    /// When the owner of this node wanted to leave, while a join waited for its peer list.
    private var leaveWantedAt: ClusterInstant?

    var isLeaveWanted: Bool { leaveWantedAt != nil }

    /// Whether to leave now, or to wait for the peer list of a join, at most `leavePatience`.
    mutating func mayLeave(at now: ClusterInstant) -> Bool {
        guard joins.awaitsPeerList else { return true }
        guard let leaveWantedAt else {
            leaveWantedAt = now
            return false
        }
        return now - leaveWantedAt >= configuration.leavePatience
    }

    mutating func leave(at now: ClusterInstant) {
        phase = .leaving
        farewell = Farewell(configuration, at: now)
    }

    /// Nothing is done any more, whatever comes.
    mutating func stop() { phase = .stopped }

    mutating func isFarewellOver(
        among others: Int, spreading: Duration, at now: ClusterInstant
    ) -> Bool {
        farewell?.isOver(among: others, spreading: spreading, at: now) ?? true
    }

    /// A heartbeat of this sequence carries the farewell.
    mutating func noteFarewell(sentWith sequence: UInt64) { farewell?.note(sent: sequence) }

    /// An ack of a heartbeat that carried the farewell, if it did. Returns whether enough members have
    /// confirmed it now.
    mutating func noteFarewellAck(
        from member: NodeID, to sequence: UInt64, among others: Int
    ) -> Bool {
        guard farewell?.noteAck(from: member, to: sequence) == true else { return false }
        return farewell?.isConfirmed(among: others) == true
    }
}
