import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Where failure detectors of this family are known to have gone wrong, each as a small world.
@Suite struct KnownWeaknessTests {
    private func formed(_ count: Int, seed: UInt64 = 1, seeds: [Int] = [0]) -> World {
        var options = WorldOptions()
        options.fidelity = .encoded
        var world = World(seed: seed, options: options)
        world.addHosts(count, seeds: seeds)
        for host in 0..<count { world.plan(.start(host), at: .beginning) }
        world.run(for: .seconds(10))
        return world
    }

    @Test func `leaves one second apart never end as deaths`() {
        for seed in 1...5 as ClosedRange<UInt64> {
            var world = formed(12, seed: seed)
            for leaver in 1...6 {
                world.plan(.leave(leaver), at: world.now + .seconds(leaver))
            }
            var watch = DeathWatch()
            world.run(for: .seconds(40), observer: &watch)
            #expect(watch.deaths.isEmpty, "seed \(seed)")
            #expect(world.runningHosts.count == 6)
            #expect(ConvergenceChecker.isConverged(world))
        }
    }

    @Test func `a member that cannot be heard buries nobody in the eyes of others`() {
        var world = formed(12)
        let loss = Action.setHostLoss(3, inbound: .never, outbound: .always)
        world.plan(loss, at: world.now)
        world.plan(
            .setHostLoss(3, inbound: .never, outbound: .never), at: world.now + .seconds(20))
        var watch = DeathWatch()
        world.run(for: .seconds(40), observer: &watch)
        #expect(!watch.deaths.contains { $0.member != 3 && $0.observer != 3 })
        #expect(ConvergenceChecker.isConverged(world))
    }

    @Test func `a member that cannot hear buries nobody in the eyes of others`() {
        var world = formed(12)
        world.plan(.setHostLoss(3, inbound: .always, outbound: .never), at: world.now)
        world.plan(
            .setHostLoss(3, inbound: .never, outbound: .never), at: world.now + .seconds(20))
        var watch = DeathWatch()
        world.run(for: .seconds(40), observer: &watch)
        #expect(!watch.deaths.contains { $0.member != 3 && $0.observer != 3 })
        #expect(ConvergenceChecker.isConverged(world))
    }

    @Test func `a member whose datagrams are blocked lives by its streams, and is reported`() {
        var world = formed(10)
        world.plan(.setDatagramLoss(3, .always), at: world.now)
        var watch = DeathWatch()
        var reports = StreamOnlyReports()
        var both = Both(watch, reports)
        world.run(for: .seconds(60), observer: &both)
        (watch, reports) = (both.first, both.second)
        #expect(watch.deaths.isEmpty)
        #expect(watch.firstSuspicion.isEmpty)
        #expect(reports.reported.contains(3))
        // News reaches it and leaves it, by sync.
        world.plan(.setMetadata(3, [1]), at: world.now)
        world.plan(.setMetadata(5, [2]), at: world.now)
        var nobody = Nobody()
        world.run(for: .seconds(1))
        let took = world.run(
            atMost: .seconds(60), lookingEvery: .milliseconds(100), observer: &nobody,
            until: { ConvergenceChecker.isConverged($0) })
        #expect(took != nil)
    }

    @Test func `lost datagrams accuse nobody where streams pass`() {
        for percent in [5, 20, 30] as [UInt32] {
            var world = formed(20)
            world.plan(.setDatagramLoss(nil, Probability(percent: percent)), at: world.now)
            var watch = DeathWatch()
            world.run(for: .seconds(60), observer: &watch)
            #expect(watch.firstSuspicion.isEmpty, "\(percent) %")
        }
    }

    @Test func `who receives a second late neither dies nor buries`() {
        for seed in 1...3 as ClosedRange<UInt64> {
            var world = formed(20, seed: seed)
            for host in [3, 7] {
                world.plan(.starve(host, receive: .seconds(1), send: .zero), at: world.now)
                world.plan(
                    .starve(host, receive: .zero, send: .zero), at: world.now + .seconds(20))
            }
            var watch = DeathWatch()
            world.run(for: .seconds(30), observer: &watch)
            #expect(watch.deaths.isEmpty, "seed \(seed)")
        }
    }

    @Test func `who was slow and is then killed is dead to all within five seconds`() {
        for seed in 1...3 as ClosedRange<UInt64> {
            var world = formed(20, seed: seed)
            world.plan(.starve(3, receive: .seconds(1), send: .zero), at: world.now)
            world.plan(
                .starve(3, receive: .zero, send: .zero), at: world.now + .seconds(5))
            world.run(for: .seconds(20))
            world.plan(.crash(3), at: world.now)
            var watch = DeathWatch()
            world.run(for: .seconds(5), observer: &watch)
            #expect(watch.deaths.count == 19, "seed \(seed)")
        }
    }

    @Test func `a split of ten minutes heals by itself`() {
        var world = formed(10)
        world.plan(.cut(inside: [0, 1, 2, 3, 4], isOneWay: false, name: 1), at: world.now)
        world.run(for: .seconds(600))
        #expect(world.hosts.allSatisfy { $0.node?.viewDigest.members == 5 })
        world.plan(.heal(name: 1), at: world.now)
        world.run(for: .nanoseconds(1))
        var nobody = Nobody()
        let took = world.run(
            atMost: .seconds(60), lookingEvery: .milliseconds(100), observer: &nobody,
            until: { ConvergenceChecker.isConverged($0) })
        #expect(took != nil)
    }

    @Test func `the last survivor misses all the others in the end`() {
        var world = formed(6)
        for host in 1...5 { world.plan(.crash(host), at: world.now + .seconds(host)) }
        world.run(for: .seconds(100))
        #expect(world.hosts[0].node?.viewDigest.members == 1)
    }

    @Test func `all seeds restarted at once find the others and are found`() {
        var world = formed(10, seeds: [0, 1])
        for seed in [0, 1] {
            world.plan(.crash(seed), at: world.now)
            world.plan(
                .restart(seed, remembersIncarnation: false), at: world.now + .seconds(15))
        }
        world.run(for: .seconds(16))
        var nobody = Nobody()
        let took = world.run(
            atMost: .seconds(60), lookingEvery: .milliseconds(100), observer: &nobody,
            until: { ConvergenceChecker.isConverged($0) })
        #expect(took != nil)
    }

    @Test func `a restart faster than detection replaces the old life at once`() {
        var world = formed(10)
        world.plan(.restart(4, remembersIncarnation: true), at: world.now + .milliseconds(200))
        var watch = DeathWatch()
        world.run(for: .milliseconds(600), observer: &watch)
        #expect(ConvergenceChecker.isConverged(world))
        world.run(for: .seconds(15), observer: &watch)
        #expect(watch.deaths.isEmpty)
    }

    @Test func `a member without memory of its incarnation comes back by the list it is given`() {
        var world = formed(6)
        world.plan(.setMetadata(4, [1]), at: world.now)
        world.plan(.setMetadata(4, [2]), at: world.now + .milliseconds(500))
        world.plan(.restart(4, remembersIncarnation: false), at: world.now + .seconds(2))
        world.run(for: .seconds(10))
        #expect(ConvergenceChecker.isConverged(world))
        #expect((world.hosts[4].node?.ownRecord.incarnation.number ?? 0) >= 4)
    }
}

/// Who was reported to answer by stream only.
private struct StreamOnlyReports: WorldObserver, Sendable {
    private(set) var reported: Set<Int> = []

    mutating func observe(_ event: WorldEvent, at time: WorldInstant, in world: World) {
        guard case .noticed(_, .streamOnly(let record)) = event else { return }
        if let host = world.host(of: record.id) { reported.insert(host) }
    }
}
