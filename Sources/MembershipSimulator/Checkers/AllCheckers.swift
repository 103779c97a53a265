import MembershipCore

/// All checkers at once, as they watch a swarm run.
package struct AllCheckers: WorldObserver, Sendable {
    private var incarnation = IncarnationChecker()
    private var resurrection = ResurrectionChecker()
    private var leftIsFinal = LeftIsFinalChecker()
    private var transition = TransitionChecker()
    private var evidence: EvidenceChecker
    private var quiet: QuietChecker
    private var bounds: BoundsChecker
    private var gone = GoneChecker()
    private var states = StateChecker()

    package init(_ options: WorldOptions) {
        let configuration = options.configuration
        evidence = EvidenceChecker(
            patience: configuration.shortestSuspicion, window: configuration.goneWindow)
        quiet = QuietChecker(isLossy: options.loss != .never)
        bounds = BoundsChecker(longestSuspicion: configuration.longestSuspicion * 2)
    }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        incarnation.observe(event, at: time, in: world)
        resurrection.observe(event, at: time, in: world)
        leftIsFinal.observe(event, at: time, in: world)
        transition.observe(event, at: time, in: world)
        evidence.observe(event, at: time, in: world)
        quiet.observe(event, at: time, in: world)
        bounds.observe(event, at: time, in: world)
        gone.observe(event, at: time, in: world)
        states.observe(event, at: time, in: world)
    }

    /// All violations, by time.
    package var violations: [Violation] {
        let all =
            incarnation.violations + resurrection.violations + leftIsFinal.violations
            + transition.violations + evidence.violations + quiet.violations + bounds.violations
            + gone.violations + states.violations
        return all.enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
    }
}
