import MembershipWire

/// Comparing our view with what a heartbeat told us of another's.
struct ViewComparison: Sendable {
    struct Mismatch: Sendable {
        let member: NodeID
        let hash: UInt64
        let since: ClusterInstant
        /// How long our view must have been quiet before the difference means anything.
        let patience: Duration
    }

    /// A member that was called is not called again before a while, whatever it says: one that always
    /// says something else must not keep the others from being compared.
    private struct Rest: Sendable {
        /// Our own view, when it was called.
        let own: UInt64
        let pause: Duration
        let end: ClusterInstant
    }

    private static let longestRest: Duration = .seconds(30)
    private static let restsKept = 256

    var pending: Mismatch?
    var lastSync: ClusterInstant?
    private var rests: [NodeID: Rest] = [:]

    func isResting(_ member: NodeID, at now: ClusterInstant) -> Bool {
        rests[member].map { now < $0.end } ?? false
    }

    /// Its view is ours.
    mutating func endRest(of member: NodeID) {
        if rests[member] != nil { rests[member] = nil }
    }

    /// We call it now. Where our view is as it was the last time, that call brought nothing: then the
    /// pause doubles.
    mutating func rest(
        _ member: NodeID, atLeast patience: Duration, own: UInt64, at now: ClusterInstant
    ) {
        let pause =
            rests[member].map { last in
                last.own == own
                    ? min(max(last.pause * 2, .seconds(1)), Self.longestRest) : patience
            } ?? patience
        if rests.count >= Self.restsKept { rests = rests.filter { now < $0.value.end } }
        guard rests.count < Self.restsKept else { return }
        rests[member] = Rest(own: own, pause: pause, end: now + pause)
    }
}
