import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Members that exist in statements only, and members that can call others and cannot be called.
@Suite struct UnansweringWorldTests {
    /// How long after a kill the last of the others knows; with ten invented members for each real one, or
    /// with none.
    private func time(ofKillIn size: Int, ghosts: Int, seed: UInt64) throws -> Duration {
        var world = World(seed: seed, options: WorldOptions())
        world.addHosts(size)
        for host in 0..<size { world.plan(.start(host), at: .beginning) }
        if ghosts > 0 {
            let faults = try FaultLanguage.parse(
                "10s ghosts \(ghosts) n\(size - 1) for 60s", hostCount: size)
            world.plan(faults)
        }
        let victim = 1
        let kill = WorldInstant.beginning + .seconds(40)
        world.plan(.crash(victim), at: kill)
        var watch = DeathWatch()
        world.run(through: kill + .seconds(30), observer: &watch)
        let deaths = watch.deaths.filter { $0.member == victim && $0.time >= kill }
        try #require(Set(deaths.map(\.observer)).count == size - 1)
        return try #require(deaths.map(\.time).max()) - kill
    }

    @Test(arguments: [6, 8])
    func `a kill among ten times as many invented members is known in twice the usual time`(
        size: Int
    ) throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            let usual = try time(ofKillIn: size, ghosts: 0, seed: seed)
            let disturbed = try time(ofKillIn: size, ghosts: 10 * size, seed: seed)
            #expect(disturbed <= usual * 2, "seed \(seed): \(disturbed) instead of \(usual)")
        }
    }

    /// What the joins of host 3 came to, where it starts late and in this condition.
    private func joins(
        after fault: Action, lifelines: Bool, seed: UInt64
    ) -> [JoinOutcome] {
        struct JoinWatch: WorldObserver {
            var outcomes: [JoinOutcome] = []
            mutating func observe(_ event: WorldEvent, at _: WorldInstant, in _: World) {
                if case .noticed(3, .joined(_, let outcome)) = event { outcomes.append(outcome) }
            }
        }
        var options = WorldOptions()
        options.configuration.holdsLifelines = lifelines
        var world = World(seed: seed, options: options)
        world.addHosts(5)
        for host in [0, 1, 2, 4] { world.plan(.start(host), at: .beginning) }
        world.plan(fault, at: .beginning + .seconds(9))
        world.plan(.start(3), at: .beginning + .seconds(10))
        var watch = JoinWatch()
        world.run(through: .beginning + .seconds(16), observer: &watch)
        return watch.outcomes
    }

    @Test(arguments: [false, true])
    func `the join of a node that cannot be called says who called it in vain`(lifelines: Bool)
        throws
    {
        for seed in 1...10 as ClosedRange<UInt64> {
            let outcomes = joins(
                after: .setUncallable(3, true), lifelines: lifelines, seed: seed)
            let first = try #require(outcomes.first, "seed \(seed)")
            #expect(!first.udpWorks && !first.calledInVainBy.isEmpty, "seed \(seed)")
        }
    }

    @Test func `the join of a node that can be called accuses no address`() throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            let outcomes = joins(
                after: .setUncallable(3, false), lifelines: true, seed: seed)
            let first = try #require(outcomes.first, "seed \(seed)")
            #expect(first.udpWorks && first.calledInVainBy.isEmpty, "seed \(seed)")
        }
    }

    @Test
    func
        `a member that cannot be called is declared dead twice at most, and comes back when it can`()
        throws
    {
        for seed in 1...2 as ClosedRange<UInt64> {
            let size = 5
            var world = World(seed: seed, options: WorldOptions())
            world.addHosts(size)
            for host in 0..<size { world.plan(.start(host), at: .beginning) }
            world.plan(.setUncallable(3, true), at: .beginning + .seconds(10))
            var watch = DeathWatch()
            world.run(through: .beginning + .seconds(600), observer: &watch)
            let deaths = Dictionary(
                grouping: watch.deaths.filter { $0.member == 3 }, by: \.observer)
            #expect(deaths.count == size - 1)
            #expect(deaths.values.allSatisfy { $0.count <= 2 }, "seed \(seed)")
            // In the second half of the ten minutes nothing is told of it any more.
            #expect(watch.deaths.allSatisfy { $0.time < .beginning + .seconds(300) })
            world.plan(.setUncallable(3, false), at: world.now)
            world.run(through: world.now + .seconds(90), observer: &watch)
            #expect(ConvergenceChecker.isConverged(world), "seed \(seed)")
        }
    }
}
