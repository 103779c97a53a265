import MembershipCore
import MembershipSimulator
import Testing

@Suite struct SwarmTests {
    /// An optimised build is ten times quicker; the command `iridium simulate swarm` runs as many
    /// seeds as one likes.
    #if DEBUG
        private static let perBlock: UInt64 = 8
    #else
        private static let perBlock: UInt64 = 80
    #endif

    @Test(arguments: 0..<8)
    func `random worlds with random trouble break no rule`(block: UInt64) {
        let perBlock = Self.perBlock
        for seed in (block * perBlock)..<((block + 1) * perBlock) {
            let outcome = Swarm.run(SwarmPlan(seed: seed))
            guard !outcome.isGood else { continue }
            Issue.record("\(Swarm.report(Swarm.shrink(outcome)))")
        }
    }

    @Test func `seeds that failed once break no rule`() {
        for seed in SeedFile.seeds {
            let outcome = Swarm.run(SwarmPlan(seed: seed))
            if !outcome.isGood { Issue.record("\(Swarm.report(Swarm.shrink(outcome)))") }
        }
    }

    @Test func `a failing plan is shrunk to the episodes that matter`() {
        // A crash that host 1 can never hear of, between two episodes that change nothing.
        var plan = SwarmPlan(seed: 5)
        plan.options = WorldOptions()
        plan.hostCount = 3
        plan.starts = (0..<3).map { PlannedAction(at: .beginning, .start($0)) }
        let cutOff = SwarmPlan.troubleEnds + .milliseconds(1)
        plan.episodes = [
            .init([PlannedAction(after: .seconds(6), .setMetadata(0, [1]))]),
            .init([PlannedAction(at: cutOff, .setHostLoss(1, inbound: .always, outbound: .always))]
            ),
            .init([PlannedAction(after: .seconds(7), .broadcast(2, type: 1, payload: [2]))]),
            .init([PlannedAction(after: .milliseconds(44_900), .crash(2))]),
        ]
        let failing = Swarm.run(plan)
        #expect(!failing.isGood)
        #expect(Swarm.shrink(failing).plan.episodes == [plan.episodes[1], plan.episodes[3]])
    }

    @Test func `one seed makes one plan`() {
        #expect(SwarmPlan(seed: 9).text == SwarmPlan(seed: 9).text)
        #expect(SwarmPlan(seed: 9).text != SwarmPlan(seed: 10).text)
    }
}
