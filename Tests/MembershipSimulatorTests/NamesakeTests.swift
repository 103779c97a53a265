import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Worlds in which two hosts state one name.
@Suite struct NamesakeTests {
    private static let name = try? NodeAlias(parsing: "twin")

    /// Who is called `twin` by each running host.
    private func bearers(in world: World) -> [[NodeID]] {
        world.runningHosts.map { host in
            let members = world.hosts[host].node?.members(at: .origin) ?? []
            return members.filter { $0.name == Self.name && $0.state == .alive }.map(\.record.id)
        }
    }

    private func runUntilEqual(_ world: inout World) -> Duration? {
        var nobody = Nobody()
        return world.run(
            atMost: .seconds(60), lookingEvery: .milliseconds(50), observer: &nobody,
            until: { ConvergenceChecker.isConverged($0) })
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `two newcomers under one name, by two seeds at one moment, end in one way`(
        seed: UInt64
    ) throws {
        var world = WorldTests.formed(6, seed: seed)
        let twins = [1, 4].map { world.addHost(seeds: [$0], named: Self.name) }
        for twin in twins { world.plan(.start(twin), at: world.now) }
        world.run(for: .milliseconds(100))
        #expect(runUntilEqual(&world) != nil)
        let lower = try #require(twins.map { world.hosts[$0].id }.min())
        #expect(bearers(in: world) == Array(repeating: [lower], count: 8))
    }

    @Test func `of two that came in a split each half keeps its own, in one view`() throws {
        var world = WorldTests.formed(6)
        let ours = world.addHost(seeds: [1], named: Self.name)
        let theirs = world.addHost(seeds: [4], named: Self.name)
        let inside = [3, 4, 5, theirs]
        world.plan(.cut(inside: inside, isOneWay: false, name: 1), at: world.now)
        for twin in [ours, theirs] {
            world.plan(.start(twin), at: world.now + .seconds(20))
        }
        world.run(for: .seconds(60))
        world.plan(.heal(name: 1), at: world.now)
        world.run(for: .milliseconds(100))
        #expect(runUntilEqual(&world) != nil)
        let expected = world.runningHosts.map {
            [world.hosts[inside.contains($0) ? theirs : ours].id]
        }
        #expect(bearers(in: world) == expected)
    }

    @Test func `who was cut off and replaced has its name again in all views`() throws {
        var world = WorldTests.formed(6)
        let old = world.addHost(seeds: [1], named: Self.name)
        world.plan(.start(old), at: world.now)
        world.run(for: .seconds(10))
        world.plan(.cut(inside: [old], isOneWay: false, name: 1), at: world.now)
        world.run(for: .seconds(30))
        let new = world.addHost(seeds: [2], named: Self.name)
        world.plan(.start(new), at: world.now)
        world.run(for: .seconds(10))
        let between = world.hosts[new].id
        #expect(bearers(in: world).filter { $0 == [between] }.count == 7)
        world.plan(.heal(name: 1), at: world.now)
        world.run(for: .milliseconds(100))
        #expect(runUntilEqual(&world) != nil)
        #expect(bearers(in: world) == Array(repeating: [world.hosts[old].id], count: 8))
    }
}
