import MembershipCore

/// Runs random plans with every checker, and shrinks a failing one.
package enum Swarm {
    package struct Outcome: Sendable {
        package var plan: SwarmPlan
        package var violations: [Violation]
        /// The time after the last fault; nil if the views never agreed.
        package var convergence: Duration?
        package var eventCount: UInt64
        package var fingerprint: Fingerprint

        package var isGood: Bool { violations.isEmpty }
    }

    package static func run(_ plan: SwarmPlan) -> Outcome {
        var nobody = Nobody()
        return run(plan, observer: &nobody)
    }

    package static func run(_ plan: SwarmPlan, observer: inout some WorldObserver) -> Outcome {
        var world = World(seed: plan.seed, options: plan.options)
        world.addHosts(plan.hostCount)
        world.setSeeds(plan.hostCount > 1 ? [1] : [], of: 0)
        world.plan(plan.starts)
        for episode in plan.episodes { world.plan(episode.actions) }
        world.plan(.endFaults, at: SwarmPlan.troubleEnds)
        var both = Both(AllCheckers(plan.options), observer)
        world.run(through: SwarmPlan.troubleEnds, observer: &both)
        let limit = ConvergenceChecker.limit(plan.options.configuration)
        let took = world.run(
            atMost: limit, lookingEvery: .milliseconds(50), observer: &both,
            until: { ConvergenceChecker.isConverged($0) && StateChecker.isConverged($0) })
        observer = both.second
        var violations = both.first.violations
        if took == nil {
            let views = ConvergenceChecker.disagreements(in: world, atMost: 3)
            let wrong = views.isEmpty ? StateChecker.disagreements(in: world, atMost: 3) : views
            let isOfStates = views.isEmpty && !wrong.isEmpty
            violations.append(
                Violation(
                    rule: isOfStates ? StateChecker.rule : ConvergenceChecker.rule, at: world.now,
                    wrong.isEmpty ? "views differ" : wrong.joined(separator: "; ")))
        }
        return Outcome(
            plan: plan, violations: violations, convergence: took, eventCount: world.eventCount,
            fingerprint: Fingerprint(of: world, violations: violations))
    }

    /// Leaves out one episode after the other, as long as the same rule stays broken.
    package static func shrink(_ failing: Outcome) -> Outcome {
        guard let rule = failing.violations.first?.rule else { return failing }
        var smallest = failing
        var index = 0
        while index < smallest.plan.episodes.count {
            var smaller = smallest.plan
            smaller.episodes.remove(at: index)
            let outcome = run(smaller)
            if outcome.violations.contains(where: { $0.rule == rule }) {
                smallest = outcome
                index = 0
            } else {
                index += 1
            }
        }
        return smallest
    }

    /// The text that shows a failure to a person, and how to repeat it.
    package static func report(_ outcome: Outcome) -> String {
        var lines = [outcome.plan.text]
        lines += outcome.violations.prefix(6).map { "  ! " + $0.description }
        return lines.joined(separator: "\n")
    }
}
