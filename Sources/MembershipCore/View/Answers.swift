/// The answers of one member, during its present boot.
///
/// A statement shows an identity; only an answer shows a process that runs at the address it states. An
/// answer is an ack to a heartbeat of ours, a relay's proof, or an answered call. A member is *unanswering*
/// from the moment at which it is suspected, or a probe of ours fails, until it answers us
/// (`MemberTable.isUnanswering`). A member that is new has the benefit of the doubt.
///
/// The word of a member that does not answer is believed only so often: two suspicions end by its word,
/// and once it comes back from the dead by its word. Any answer gives all of that back.
/// Specs/Protocol.md, "Members that do not answer".
struct Answers: Sendable {
    /// Whether it has ever answered us.
    private(set) var hasAnswered = false
    private(set) var hasAnsweredSinceDeath = false
    /// Whether it has come back from the dead by its word alone, since its last answer.
    private var hasRevivedByWord = false
    /// The suspicions that its word alone has ended, since its last answer.
    private var words: UInt8 = 0
    /// The last signed statement of the member while it was dead to us and was not believed.
    private var claim: MemberRecord?
    private var claimHeardAt: ClusterInstant?
    /// Whether this node has reported, since the last answer, that the member does not answer.
    private var isReported = false

    mutating func noteAnswer() {
        hasAnswered = true
        hasAnsweredSinceDeath = true
        hasRevivedByWord = false
        isReported = false
        words = 0
    }

    /// It states another address: what it has shown at the former one says nothing about this one.
    mutating func noteMove() {
        hasAnswered = false
        hasAnsweredSinceDeath = false
    }

    // MARK: Suspicions

    /// Whether its word alone ends a suspicion no more.
    func isWordSpent(_ limit: Int) -> Bool { words >= limit }

    mutating func endSuspicionByWord() { words = words < .max ? words + 1 : words }

    // MARK: Deaths

    mutating func noteDeath() {
        hasAnsweredSinceDeath = false
        claim = nil
    }

    /// Whether a newer statement of it, now that it is dead to us, is believed.
    var mayRevive: Bool { hasAnsweredSinceDeath || !hasRevivedByWord }

    mutating func revive() {
        if !hasAnsweredSinceDeath { hasRevivedByWord = true }
        claim = nil
    }

    /// Whether a statement that is not believed may be looked at, `pause` after the last one.
    func admitsClaim(every pause: Duration, at now: ClusterInstant) -> Bool {
        claimHeardAt.map { now - $0 >= pause } ?? true
    }

    mutating func keepClaim(_ record: MemberRecord, at now: ClusterInstant) {
        claim = record
        claimHeardAt = now
    }

    /// A probe that began with such a statement has failed. Returns whether to report that, because
    /// it is the first time.
    mutating func admitsReport() -> Bool {
        guard claim != nil, !isReported else { return false }
        isReported = true
        return true
    }

    mutating func takeClaim() -> MemberRecord? {
        defer { claim = nil }
        return claim
    }
}
