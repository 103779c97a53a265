import MembershipWire

/// How many unknown boots are asked who they are: each source once a second, 50 in all. So a node is of
/// little use to an attacker that wants its answers to go to a victim.
struct QuestionLimit: Sendable {
    private let perSecond: Int
    private let perSource: Duration

    /// The sources asked during the last second, oldest first: never more than `perSecond`.
    private var asked: [(source: Endpoint, at: ClusterInstant)] = []

    init(_ configuration: CoreConfiguration) {
        perSecond = configuration.questionsPerSecond
        perSource = configuration.questionPause
    }

    /// Whether this one may be asked now; if so it is noted.
    mutating func admits(_ source: Endpoint, at now: ClusterInstant) -> Bool {
        asked.removeAll { now - $0.at >= perSource }
        guard asked.count < perSecond, !asked.contains(where: { $0.source == source }) else {
            return false
        }
        asked.append((source, now))
        return true
    }
}

/// The last time that we answered one member's question of who we are, and so the next time that we may.
struct IntroductionNote: Sendable {
    private var last: ClusterInstant?

    /// Whether we may answer it now; if so, the time is noted.
    mutating func admits(every pause: Duration, at now: ClusterInstant) -> Bool {
        if let last, now - last < pause { return false }
        last = now
        return true
    }
}
