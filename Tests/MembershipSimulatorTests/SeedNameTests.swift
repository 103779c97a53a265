import Foundation
import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Hosts whose only seed is one name, as the pods of a headless service have it.
@Suite struct SeedNameTests {
    private func world(_ count: Int, seed: UInt64, _ name: SeedName?) -> World {
        var options = WorldOptions()
        options.fidelity = .values
        var world = World(seed: seed, options: options)
        world.addHosts(count, seeds: [])
        if let name { world.plan(.setSeedName(name), at: .beginning) }
        return world
    }

    private func startAll(_ world: inout World, within span: Duration = .milliseconds(100)) {
        let count = world.hosts.count
        for host in 0..<count {
            world.plan(.start(host), at: .beginning + span * host / count)
        }
    }

    /// The clusters there are: how many different views, and whether each holds all.
    private func views(_ world: World) -> (different: Int, smallest: Int) {
        let views = world.runningHosts.compactMap { world.hosts[$0].node?.viewDigest }
        return (Set(views.map(\.hash)).count, Int(views.map(\.members).min() ?? 0))
    }

    /// With IRIDIUM_SOAK a hundred hosts in a hundred runs each way, else thirty in two.
    private static let isSoak = ProcessInfo.processInfo.environment["IRIDIUM_SOAK"] != nil

    @Test(arguments: [SeedName.Order.listed, .nearestFirst])
    func `hosts that start at once on one name are one cluster within 20 s`(
        order: SeedName.Order
    ) throws {
        let (count, runs) = Self.isSoak ? (100, 100) : (30, 2)
        var slowest = Duration.zero
        for seed in 1...UInt64(runs) {
            var world = world(count, seed: seed, SeedName(Array(0..<count), order: order))
            startAll(&world)
            var nobody = Nobody()
            let took = world.run(
                atMost: .seconds(20), lookingEvery: .milliseconds(250), observer: &nobody,
                until: { views($0) == (1, count) && $0.runningHosts.count == count })
            #expect(took != nil, "seed \(seed): \(views(world))")
            slowest = max(slowest, took ?? .seconds(20))
        }
        if Self.isSoak { print("one cluster of \(count) after at most \(slowest), \(order)") }
    }

    @Test func `a name that is empty or stale at the start is looked up until it helps`() {
        let count = 12
        // Ten addresses of hosts that never ran come first, then the true ones among them.
        var world = world(count + 10, seed: 3, SeedName(Array(count..<(count + 10))))
        for host in 0..<count { world.plan(.start(host), at: .beginning) }
        world.plan(.setSeedName(SeedName([])), at: .beginning + .seconds(10))
        world.run(for: .seconds(20))
        #expect(views(world) == (count, 1))
        world.plan(.setSeedName(SeedName(Array(0..<(count + 10)))), at: world.now)
        world.run(for: .seconds(60))
        #expect(views(world) == (1, count))
    }

    @Test func `two clusters that a name joins later become one within two looks`() {
        var world = world(20, seed: 4, SeedName(Array(0..<10)))
        for host in 0..<10 { world.plan(.start(host), at: .beginning) }
        world.plan(.setSeedName(SeedName(Array(10..<20))), at: .beginning + .seconds(5))
        // The first ten look again within 18 s, and would find the second ten at once.
        for host in 10..<20 { world.plan(.start(host), at: .beginning + .seconds(6)) }
        world.plan(.setSeedName(SeedName(Array(0..<20))), at: .beginning + .seconds(30))
        world.run(for: .seconds(66))
        #expect(views(world) == (1, 20))
    }

    @Test func `where all live nothing is called`() {
        var world = world(10, seed: 5, SeedName(Array(0..<10)))
        startAll(&world)
        world.run(for: .seconds(60))
        #expect(views(world) == (1, 10))
        let before = world.hosts.map(\.traffic.streamsOpened).reduce(0, +)
        world.run(for: .seconds(120))
        #expect(world.hosts.map(\.traffic.streamsOpened).reduce(0, +) == before)
    }

    @Test func `a host that comes back is found again by those that lost all others`() {
        var world = world(3, seed: 6, SeedName([0, 1, 2]))
        startAll(&world)
        world.run(for: .seconds(10))
        for host in [1, 2] { world.plan(.crash(host), at: world.now) }
        world.run(for: .seconds(30))
        #expect(views(world) == (1, 1))
        world.plan(.setSeedName(SeedName([1, 2])), at: world.now)
        world.plan(.restart(1, remembersIncarnation: true), at: world.now)
        world.run(for: .seconds(40))
        #expect(views(world).smallest == 2)
    }
}
