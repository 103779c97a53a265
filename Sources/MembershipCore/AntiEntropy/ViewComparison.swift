import MembershipWire

/// Comparing our view with the digests that heartbeats bring: at most one difference at a time is
/// waited upon, and a member whose view always differs does not keep the others from being compared.
struct ViewComparison: Sendable {
    private struct Mismatch: Sendable {
        let member: NodeID
        let since: ClusterInstant
        /// How long our view must have been quiet before the difference means anything.
        let patience: Duration
    }

    /// After a comparison with a member we do not compare with it again for a while, whatever digest it
    /// shows.
    private struct Rest: Sendable {
        /// Our own digest at the comparison.
        let own: UInt64
        let pause: Duration
        let end: ClusterInstant
    }

    /// The next step for the difference that we waited on.
    enum Step: Equatable, Sendable {
        /// Look again at this moment.
        case wait(until: ClusterInstant)
        /// Compare now.
        case compare
    }

    private let longestQuiet: Duration
    private let longestQuietFactor: Int
    private let retry: Duration
    private let firstRest: Duration
    private let longestRest: Duration
    private let restsKept: Int

    private var pending: Mismatch?
    private var lastSync: ClusterInstant?
    private var rests: [NodeID: Rest] = [:]

    init(_ configuration: CoreConfiguration) {
        longestQuiet = configuration.longestQuiet
        longestQuietFactor = configuration.longestQuietFactor
        retry = configuration.syncRetry
        firstRest = configuration.firstSyncRest
        longestRest = configuration.longestSyncRest
        restsKept = configuration.syncRestsKept
    }

    /// The member whose digest differed, while we wait whether news resolves that.
    var pendingMember: NodeID? { pending?.member }

    /// The member's digest equals ours.
    mutating func noteAgreement(with member: NodeID) {
        if pending?.member == member { pending = nil }
        if rests[member] != nil { rests[member] = nil }
    }

    /// Whether a differing digest of this member is worth waiting for.
    func isOpen(to member: NodeID, at now: ClusterInstant) -> Bool {
        guard pending == nil else { return false }
        return rests[member].map { now >= $0.end } ?? true
    }

    /// The member's digest differs from ours. Returns when to look at the difference again.
    mutating func noteDifference(
        from member: NodeID, patience: Duration, at now: ClusterInstant
    ) -> ClusterInstant {
        pending = Mismatch(member: member, since: now, patience: patience)
        return now + patience
    }

    /// News has resolved the difference, or the member is gone.
    mutating func resolve() { pending = nil }

    /// The difference is still there: is it time to compare? Our view must have been quiet, but news that
    /// never ends must not postpone the comparison for ever.
    ///
    /// - Parameter isBusy: as many comparisons of ours are under way as may be.
    /// - Returns: nil if nothing is waited upon.
    mutating func reachDeadline(
        ownDigest: UInt64, changedAt: ClusterInstant, isBusy: Bool, at now: ClusterInstant
    ) -> Step? {
        guard let pending else { return nil }
        let quiet = min(
            changedAt + pending.patience,
            pending.since + min(longestQuiet, pending.patience * longestQuietFactor))
        guard now >= quiet else { return .wait(until: quiet) }
        if let pause = pause(before: pending, isBusy: isBusy, at: now) {
            return .wait(until: now + pause)
        }
        self.pending = nil
        lastSync = now
        rest(pending.member, atLeast: pending.patience, own: ownDigest, at: now)
        return .compare
    }

    /// At most one comparison a second, and few at once.
    private func pause(
        before pending: Mismatch, isBusy: Bool, at now: ClusterInstant
    ) -> Duration? {
        guard let lastSync else { return nil }
        guard !isBusy else { return retry }
        let elapsed = now - lastSync
        return elapsed < pending.patience ? pending.patience - elapsed : nil
    }

    /// If our digest is the same as at the last comparison with this member, that one brought nothing:
    /// then the pause doubles.
    private mutating func rest(
        _ member: NodeID, atLeast patience: Duration, own: UInt64, at now: ClusterInstant
    ) {
        let pause =
            rests[member].map { last in
                last.own == own
                    ? min(max(last.pause * 2, firstRest), longestRest) : patience
            } ?? patience
        if rests.count >= restsKept { rests = rests.filter { now < $0.value.end } }
        guard rests.count < restsKept else { return }
        rests[member] = Rest(own: own, pause: pause, end: now + pause)
    }
}
