import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Worlds in which two machines run with one identity.
@Suite struct DuplicateIdentityWorldTests {
    /// What a copied directory keeps, where it is started, and by which seed.
    enum Case: CaseIterable {
        case withFile, withoutFile, byAnotherSeed, byTheOriginal, byAllSeeds

        var seeds: [Int] {
            switch self {
            case .withFile, .withoutFile: [0]
            case .byAnotherSeed: [1]
            case .byTheOriginal: [2]
            case .byAllSeeds: [0, 1, 2, 3, 4]
            }
        }
    }

    private func haveOneView(_ world: World) -> Bool {
        let views = world.runningHosts.compactMap { world.hosts[$0].node?.viewDigest }
        return Set(views).count == 1 && views.first?.members == UInt32(views.count)
    }

    /// Which of these run after `span`.
    private func survivors(
        of processes: [Int], after span: Duration, in world: inout World
    ) -> [Int] {
        world.run(for: span)
        return processes.filter { world.hosts[$0].isRunning }
    }

    @Test(arguments: Case.allCases, 1...8 as ClosedRange<UInt64>)
    func `a copy that starts later stops within 10 seconds`(_ kind: Case, seed: UInt64) {
        var world = WorldTests.formed(5, seed: seed)
        let copy = world.addCopy(
            of: 2, seeds: kind.seeds, withIncarnation: kind != .withoutFile)
        world.plan(.start(copy), at: world.now)
        // A simulated shell does not ask a seed that it knows to be alive, and by its id that is itself.
        if kind == .byTheOriginal { world.plan(.join(copy, by: 2), at: world.now) }
        #expect(survivors(of: [2, copy], after: .seconds(10), in: &world) == [2])
        world.run(for: .seconds(20))
        #expect(haveOneView(world))
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `of two that start at one moment one stops within 10 seconds`(seed: UInt64) {
        var world = WorldTests.formed(5, seed: seed)
        let one = world.addHost(seeds: [seed % 3 == 0 ? 1 : 0])
        let other = world.addCopy(of: one, seeds: [1])
        for host in [one, other] { world.plan(.start(host), at: world.now) }
        #expect(survivors(of: [one, other], after: .seconds(10), in: &world).count == 1)
        world.run(for: .seconds(20))
        #expect(haveOneView(world))
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `of two that are each other's seed one stops`(seed: UInt64) {
        var world = WorldTests.world(0, seed: seed)
        let one = world.addHost(seeds: [])
        let other = world.addCopy(of: one, seeds: [])
        for host in [one, other] { world.plan(.start(host), at: world.now) }
        world.plan(.join(one, by: other), at: world.now)
        world.plan(.join(other, by: one), at: world.now)
        #expect(survivors(of: [one, other], after: .seconds(10), in: &world).count == 1)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `of many copies at one moment one remains`(seed: UInt64) {
        var world = WorldTests.formed(5, seed: seed)
        let first = world.addHost(seeds: [0])
        let copies = (1...4).map { world.addCopy(of: first, seeds: [$0]) }
        for host in [first] + copies { world.plan(.start(host), at: world.now) }
        #expect(survivors(of: [first] + copies, after: .seconds(60), in: &world).count == 1)
    }

    @Test(arguments: [true, false], 1...10 as ClosedRange<UInt64>)
    func `a restart that is alone stays, with its incarnation and without`(
        _ remembers: Bool, seed: UInt64
    ) {
        var world = WorldTests.formed(5, seed: seed)
        for turn in 0..<4 {
            world.plan(
                .restart(3, remembersIncarnation: remembers),
                at: world.now + .seconds(Int64(turn) * 3))
        }
        world.run(for: .seconds(40))
        #expect(world.runningHosts == [0, 1, 2, 3, 4])
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `an identity that moves to another machine after a crash stays`(seed: UInt64) {
        var world = WorldTests.formed(5, seed: seed)
        let moved = world.addCopy(of: 3, seeds: [1], withIncarnation: false)
        world.plan(.crash(3), at: world.now)
        world.plan(.start(moved), at: world.now + .milliseconds(500))
        world.run(for: .seconds(30))
        #expect(world.runningHosts == [0, 1, 2, 4, moved])
        #expect(haveOneView(world))
    }
}
