import MembershipWire

/// Is the process of one member gone? One observer looks for itself.
///
/// Picture a neighbour whose door has just slammed. You call out to it, and you knock. If there is an
/// answer, all is well. If the door opens, the neighbour is slow to speak. Only if the
/// landlord says that the place is empty, and there is no answer either, has the neighbour moved out.
///
/// The machine's refusal and the silence prove something together; each alone proves nothing. A
/// check belongs to one record: news of the member ends it. Specs/Protocol.md, "Sudden death".
/// Invariant: no verdict without a refusal of this check, with an answer to one of its heartbeats, or
/// before `window` has passed since it began and since the first accusation.
struct GoneCheck: Sendable {
    /// The reason for a check.
    enum Occasion: Sendable {
        /// Our lifeline to it ended without a farewell.
        case lostLine
        /// It refused a lifeline, and has never accepted a connection before: this alone may be a firewall.
        case refusedOpening
        /// Another member says that it is gone.
        case hearsay
    }

    /// The requests of one step.
    struct Step: Equatable, Sendable {
        var heartbeat = false
        var knock = false
        /// Ask relays too, and call it by stream.
        var relays = false
        /// The window is over without a refusal: a few of all observers probe it in the ordinary way.
        var witness = false
        /// Ask another member whether it knows better: perhaps a refutation has passed us by.
        var finalCheck = false
    }

    let incarnation: Incarnation
    let boot: BootID
    private(set) var occasion: Occasion
    private(set) var startedAt: ClusterInstant
    /// Between two steps: a third of the usual window.
    let third: Duration
    /// How many thirds the window of this check has: 3, or more where much gets lost.
    private(set) var thirds: Int
    private var isWide = false
    private(set) var heartbeatsSent = 0
    /// When the last heartbeat that a verdict needs was sent.
    private var enoughSince: ClusterInstant?
    private(set) var isRefused = false
    private(set) var isAnswered = false
    /// Its machine accepted a connection, so the process is not gone.
    private(set) var isAccepted = false
    private(set) var hasAccused = false
    /// When we first knew of an accusation that it is gone.
    private(set) var accusedAt: ClusterInstant?
    private var stepsTaken = 0
    private(set) var nextStepAt: ClusterInstant

    /// Steps of one third; after that each takes twice as long as the one before.
    private static let evenSteps = 10
    private static let longestStep: Duration = .seconds(1)

    init(
        of record: MemberRecord, _ occasion: Occasion, accusedAt: ClusterInstant?,
        window: Duration, times factor: Int, at start: ClusterInstant
    ) {
        incarnation = record.incarnation
        boot = record.boot
        self.occasion = occasion
        self.accusedAt = accusedAt
        startedAt = start
        third = window / 3
        thirds = 3 * factor
        nextStepAt = start
    }

    var window: Duration { third * thirds }

    func isAbout(_ record: MemberRecord) -> Bool {
        record.incarnation == incarnation && record.boot == boot
    }

    /// Nothing that happens can change what came of it.
    var isOver: Bool { isAnswered || isAccepted }

    // MARK: Facts

    /// Takes the next step, if its moment has come.
    mutating func step(at now: ClusterInstant) -> Step? {
        guard !isOver, now >= nextStepAt, wantsSteps else { return nil }
        let number = stepsTaken
        stepsTaken += 1
        let pause =
            number < Self.evenSteps
            ? third : min(third * (1 << min(number - Self.evenSteps + 1, 8)), Self.longestStep)
        nextStepAt = now + pause
        heartbeatsSent += 1
        if heartbeatsSent == thirds { enoughSince = now }
        let isWatcher = occasion != .hearsay
        return Step(
            heartbeat: true, knock: !isRefused && (isWatcher || number > 0),
            relays: isWatcher && number == 1,
            witness: !isWatcher && !isRefused && number == thirds,
            finalCheck: isRefused && number == thirds - 1)
    }

    /// Heartbeats until there are enough for a verdict, and knocks until one is refused.
    private var wantsSteps: Bool { heartbeatsSent < thirds || !isRefused }

    mutating func noteRefusal() { isRefused = true }

    mutating func noteUnsentHeartbeat() {
        if heartbeatsSent == thirds { enoughSince = nil }
        heartbeatsSent = max(0, heartbeatsSent - 1)
    }

    /// It is the network that refuses.
    mutating func dismissRefusal() { isRefused = false }

    mutating func noteAcceptance() { isAccepted = true }

    /// It has answered something that was asked at `moment`; what was asked before the check began
    /// may have been answered before it died.
    mutating func noteAnswer(askedAt moment: ClusterInstant) {
        if moment >= startedAt { isAnswered = true }
    }

    mutating func noteAccusation(at now: ClusterInstant, isOwn: Bool) {
        accusedAt = accusedAt ?? now
        if isOwn { hasAccused = true }
    }

    /// Our own lifeline has ended too.
    mutating func noteLostLine() { occasion = .lostLine }

    /// We slept: what was silent meanwhile was us.
    mutating func restart(at moment: ClusterInstant) {
        startedAt = moment
        nextStepAt = moment
        stepsTaken = 0
        heartbeatsSent = 0
        enoughSince = nil
        isRefused = false
    }

    /// Much happens at once: be more careful with what has not been decided yet.
    mutating func widen() {
        guard !isWide else { return }
        isWide = true
        thirds *= 2
        if heartbeatsSent < thirds { enoughSince = nil }
    }

    // MARK: Conclusions

    /// Whether it is time to accuse: a refusal while nothing was answered. Where the first refusal may
    /// be that of a firewall, only after the whole window.
    func mayAccuse(at now: ClusterInstant) -> Bool {
        guard isRefused, !isOver, !hasAccused else { return false }
        switch occasion {
        case .lostLine: return true
        case .refusedOpening: return now >= startedAt + window && heartbeatsSent >= thirds
        case .hearsay: return false
        }
    }

    /// When a verdict may be given, as far as is known now; nil without a refusal, an accusation, or enough
    /// heartbeats. The last one has as long for its answer as the others.
    var verdictAt: ClusterInstant? {
        guard isRefused, !isOver, let accusedAt, let enoughSince else { return nil }
        return max(max(startedAt, accusedAt) + window, enoughSince + third)
    }

    func showsDeath(at now: ClusterInstant) -> Bool {
        guard let verdictAt else { return false }
        return now >= verdictAt && heartbeatsSent >= thirds
    }

    /// When to look at it again.
    var nextMoment: ClusterInstant? {
        guard !isOver else { return nil }
        let accusingAt: ClusterInstant? =
            isRefused && !hasAccused && occasion == .refusedOpening && heartbeatsSent >= thirds
            ? startedAt + window : nil
        let moments = [wantsSteps ? nextStepAt : nil, accusingAt, verdictAt].compactMap(\.self)
        return moments.min()
    }
}
