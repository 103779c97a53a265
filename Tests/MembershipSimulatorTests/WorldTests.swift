import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

@Suite struct WorldTests {
    static func world(_ count: Int, seed: UInt64 = 1) -> World {
        var world = World(seed: seed, options: WorldOptions())
        world.addHosts(count)
        for host in 0..<count { world.plan(.start(host), at: .beginning) }
        return world
    }

    /// With everybody joined and of one view.
    static func formed(_ count: Int, seed: UInt64 = 1) -> World {
        var world = world(count, seed: seed)
        world.run(for: .seconds(10))
        return world
    }

    @Test func `nodes that join one seed come to one view`() {
        var world = Self.world(5)
        var nobody = Nobody()
        world.run(for: .milliseconds(1))
        let took = world.run(
            atMost: .seconds(5), lookingEvery: .milliseconds(10), observer: &nobody,
            until: { ConvergenceChecker.isConverged($0) })
        #expect(took != nil)
        #expect(world.hosts.allSatisfy { $0.node?.viewDigest.members == 5 })
    }

    @Test func `a run is repeated exactly by its seed, and by no other`() {
        func transcript(_ seed: UInt64) -> String {
            var plan = SwarmPlan(seed: 12)
            plan.options.showsTraffic = true
            var world = World(seed: seed, options: plan.options)
            world.addHosts(6)
            for host in 0..<6 { world.plan(.start(host), at: .beginning) }
            world.plan(.crash(2), at: .beginning + .seconds(6))
            var transcript = Transcript()
            world.run(for: .seconds(12), observer: &transcript)
            return transcript.text
        }
        let first = transcript(3)
        #expect(first == transcript(3))
        #expect(first != transcript(4))
    }

    @Test func `a copy of a world goes on by itself`() {
        let formed = Self.formed(4)
        var copy = formed
        copy.plan(.crash(3), at: copy.now)
        copy.run(for: .seconds(20))
        #expect(copy.hosts[0].node?.viewDigest.members == 3)
        #expect(formed.hosts[0].node?.viewDigest.members == 4)
    }

    @Test func `a paused node finds everything that came meanwhile`() {
        var world = Self.formed(3)
        world.plan(.pause(2), at: world.now)
        world.plan(
            .broadcast(0, type: 5, payload: [1, 2, 3]), at: world.now + .milliseconds(100))
        var transcript = Transcript(hosts: [2])
        world.plan(.resume(2, .socketsFirst), at: world.now + .seconds(1))
        world.run(for: .milliseconds(999), observer: &transcript)
        #expect(!transcript.text.contains("hears from n0"))
        world.run(for: .milliseconds(1), observer: &transcript)
        #expect(transcript.text.contains("hears from n0: type 5, 3 bytes"))
    }

    @Test(arguments: [
        ("refuse-tcp n0 for 1m", "refused"), ("drop-tcp n0 for 1m", "timedOut"),
        ("drop-tcp n2 for 1m", "timedOut"), ("exhaust n0 for 1m", "timedOut"),
        ("exhaust n2 for 1m", "unreachable"), ("refuse-tcp n0 from n1 for 1m", "joined"),
        ("pause n0 for 1m", "timedOut"), ("kill n0", "refused"), ("abort n0", "refused"),
        ("remove n0", "timedOut"), ("vanish n0", "timedOut"),
    ])
    func `a call meets what its machine, its network and a filter make of it`(
        faults: String, outcome: String
    ) throws {
        var world = World(seed: 1, options: WorldOptions())
        world.addHosts(2)
        let caller = world.addHost(seeds: [])
        for host in 0..<3 { world.plan(.start(host), at: .beginning) }
        world.run(for: .seconds(5))
        world.plan(try FaultLanguage.parse("5s " + faults, hostCount: 3))
        world.plan(.join(caller, by: 0), at: world.now + .milliseconds(100))
        var heard = JoinWatch()
        world.run(for: .seconds(5), observer: &heard)
        #expect(heard.outcomes.first == outcome)
    }

    @Test func `a paused node goes on probing when it wakes`() {
        for order in WakeOrder.allCases {
            var world = Self.formed(3)
            world.plan(.pause(2), at: world.now)
            world.plan(.resume(2, order), at: world.now + .seconds(6))
            world.run(for: .seconds(10))
            let before = world.hosts[2].traffic.datagramsSent
            world.run(for: .seconds(10))
            #expect(world.hosts[2].traffic.datagramsSent >= before + 10)
        }
    }

    @Test func `nothing crosses a cut link until it heals`() {
        var world = Self.formed(4)
        world.plan(.cut(inside: [0, 1], isOneWay: false, name: 1), at: world.now)
        world.run(for: .seconds(20))
        #expect(world.hosts.allSatisfy { $0.node?.viewDigest.members == 2 })
        world.plan(.heal(name: 1), at: world.now)
        world.run(for: .seconds(40))
        #expect(ConvergenceChecker.isConverged(world))
    }

    @Test func `the machine of a killed process refuses at once, a vanished one never answers`() {
        func refusal(_ action: Action) -> String {
            var world = Self.formed(3)
            world.plan(action, at: world.now)
            world.plan(.join(1, by: 0), at: world.now + .milliseconds(1))
            var transcript = Transcript(hosts: [1])
            world.run(for: .seconds(5), observer: &transcript)
            return transcript.lines.first { $0.contains("cannot join") } ?? ""
        }
        #expect(refusal(.crash(0)).contains("refused"))
        #expect(refusal(.vanish(0)).contains("timedOut"))
    }

    @Test func `a node restarted on another machine's address replaces nobody but itself`() {
        var world = Self.formed(3)
        world.plan(.crash(2), at: world.now)
        world.run(for: .seconds(1))
        let newcomer = world.addHost(at: world.hosts[2].endpoint)
        world.plan(.start(newcomer), at: world.now)
        world.run(for: .seconds(30))
        #expect(ConvergenceChecker.isConverged(world))
        #expect(world.hosts[0].node?.viewDigest.members == 3)
    }

    @Test func `sealed frames carry the same cluster as plain values`() {
        func run(_ fidelity: Fidelity) -> (members: [UInt32?], refused: UInt64, sent: UInt64) {
            var options = WorldOptions()
            options.fidelity = fidelity
            var world = World(seed: 6, options: options)
            world.addHosts(5)
            for host in 0..<5 { world.plan(.start(host), at: .beginning) }
            world.plan(.crash(4), at: .beginning + .seconds(5))
            world.plan(.setDuplication(.always), at: .beginning + .seconds(12))
            world.run(for: .seconds(15))
            let traffic = world.totalTraffic
            let members = world.hosts.map { $0.node?.viewDigest.members }
            return (members, traffic.datagramsRefused, traffic.datagramsSent)
        }
        let sealed = run(.sealed)
        #expect(sealed.members == [4, 4, 4, 4, nil])
        #expect(run(.values).members == sealed.members)
        // The second copy of each frame is a replay.
        #expect(sealed.refused > 0)
        #expect(run(.values).refused < sealed.refused)
        let again = run(.sealed)
        #expect(again == sealed)
    }
}

/// What came of joins, in a word each.
private struct JoinWatch: WorldObserver {
    var outcomes: [String] = []

    mutating func observe(_ event: WorldEvent, at time: WorldInstant, in world: World) {
        switch event {
        case .noticed(_, .joined): outcomes.append("joined")
        case .noticed(_, .joinFailed(_, .stream(.refused))): outcomes.append("refused")
        case .noticed(_, .joinFailed(_, .stream(.timedOut))): outcomes.append("timedOut")
        case .noticed(_, .joinFailed(_, .stream(.unreachable))): outcomes.append("unreachable")
        case .noticed, .holdsKeyset, .action, .started, .stopped, .misspoke, .sent, .wrote: break
        }
    }
}
