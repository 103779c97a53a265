import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// How states reach all: after a join, after a split, from many writers, where there was no room.
@Suite struct StateSpreadTests {
    private let players: [Player]
    private let owner: Player

    init() throws {
        players = try (11...14).map { try Player("m\($0)", number: $0) }
        owner = players[1]
    }

    private func table(_ change: (inout CoreConfiguration) -> Void = { _ in }) throws -> Tabletop {
        var configuration = CoreConfiguration.lan
        change(&configuration)
        var table = try Tabletop(configuration)
        for player in players { table.introduce(player) }
        return table
    }

    private func shows(_ hash: UInt64?, _ table: Tabletop) -> Datagram {
        Datagram(
            .heartbeat(isIntroduction: false),
            [.view(table.node.viewDigest)] + (hash.map { [.stateView($0)] } ?? []))
    }

    // MARK: Passing on

    @Test func `a first version that a stream brings is passed on, but not by a newcomer`() throws {
        for hasAgreed in [true, false] {
            var table = try table()
            table.hear(.state(players[0].publishes(1, ["a": [1]])), from: players[0])
            if hasAgreed {
                table.receive(shows(table.node.states.viewHash, table), from: players[2])
            }
            table.wait(.seconds(2), answering: players)
            table.receive(shows(5, table), from: players[3])
            let call = table.wait(.milliseconds(600), answering: players).streamCalls.last?.id
            let state = owner.publishes(1, ["b": [1]])
            var effects = try table.answer(call, by: players[3], [state])
            effects += table.wait(.milliseconds(100), answering: players)
            #expect(effects.states.count == 1)
            #expect(effects.statements.contains(state) == hasAgreed)
        }
    }

    @Test func `a node that wrote before it joined is heard soon`() throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            var formed = FormedWorlds()
            var world = formed.run(of: 12, seed: seed)
            for host in 0..<4 { world.plan(.writeState(host, entry("a", 40)), at: world.now) }
            world.run(for: .seconds(5))
            world.addHosts(1, seeds: [0])
            world.plan(.start(12), at: world.now)
            world.plan(.writeState(12, entry("a", 4_000)), at: world.now)
            world.run(for: .milliseconds(350))
            #expect(StateChecker.disagreements(in: world) == [], "seed \(seed)")
        }
    }

    @Test func `many that wrote before they joined at once have all states soon`() {
        for seed in 1...3 as ClosedRange<UInt64> {
            var world = World(seed: seed, options: WorldOptions())
            world.addHosts(32)
            for host in 0..<32 {
                world.plan(.start(host), at: .beginning)
                world.plan(.writeState(host, entry("a", 4_000)), at: .beginning)
            }
            world.run(for: .seconds(2))
            #expect(StateChecker.disagreements(in: world) == [], "seed \(seed)")
        }
    }

    @Test func `after a split states are equal soon after views`() {
        for seed in 1...5 as ClosedRange<UInt64> {
            var formed = FormedWorlds()
            var world = formed.run(of: 16, seed: seed)
            world.plan(.cut(inside: Array(0..<8), isOneWay: false, name: 1), at: world.now)
            for host in [0, 5, 10, 15] {
                world.plan(.writeState(host, entry("a", 40)), at: world.now + .seconds(20))
            }
            world.run(for: .seconds(60))
            world.plan(.heal(name: 1), at: world.now)
            var nobody = Nobody()
            let views = world.run(
                atMost: .seconds(20), lookingEvery: .milliseconds(20), observer: &nobody,
                until: { ConvergenceChecker.isConverged($0) })
            #expect(views != nil, "seed \(seed)")
            world.run(for: .milliseconds(1_100))
            #expect(StateChecker.disagreements(in: world) == [], "seed \(seed)")
        }
    }

    // MARK: Many writers

    @Test func `a state that comes while others are on their way goes to two members, with them`()
        throws
    {
        var table = try table()
        for player in players[..<3] {
            table.hear(.state(player.publishes(1, ["a": [1]])), from: player)
        }
        let busy = players[3].publishes(1, ["a": [1]])
        let alone = table.wait(.milliseconds(9))
        table.hear(.state(busy), from: players[3])
        func copies(_ effects: [Effect]) -> Int { effects.statements.count { $0 == busy } }
        #expect(copies(alone) == 0)
        #expect(copies(table.wait(.milliseconds(9))) == 0)
        #expect(copies(table.wait(.milliseconds(2))) == 2)
        #expect(copies(table.wait(.milliseconds(120))) == 0)
        #expect(copies(table.wait(.milliseconds(12))) == 2)
    }

    @Test func `ten members that write ten times a second use fewer bytes than gossip may`() {
        var formed = FormedWorlds()
        var world = formed.run(of: 24, seed: 1)
        let start = world.now
        for host in 0..<10 {
            for number in 0..<50 {
                let change = entry("k\(number % 8)", 60, UInt8(number))
                world.plan(
                    .writeState(host, change), at: start + .milliseconds(100 * number + host))
            }
        }
        world.run(for: .seconds(3))
        let before = world.totalTraffic
        world.run(for: .seconds(2))
        let sent = (world.totalTraffic - before).datagramBytesSent / 2 / 24
        #expect(sent < 110_000)
        world.run(for: .seconds(3))
        #expect(StateChecker.disagreements(in: world) == [])
    }

    // MARK: Measures and room

    @Test func `forged rumors use up nothing of the measure of the member that they name`() throws {
        var table = try table { $0.stateBurst = 2 }
        for (version, liar) in zip(2..., [players[0], players[2], players[3], players[0]]) {
            var forged = owner.publishes(UInt64(version), ["a": [9]])
            forged.signature = liar.publishes(1, [:]).signature
            table.hear(.state(forged), from: liar)
        }
        #expect(table.node.counters[.badSignature] == 4)
        table.hear(.state(owner.publishes(1, ["a": [1]])), from: owner)
        #expect(table.node.counters[.stateRate] == 0)
        #expect(table.node.states.version(of: owner.id) == 1)
    }

    @Test func `a member that shows no hash any more agrees where there is no state`() throws {
        var table = try table()
        table.receive(shows(5, table), from: players[3])
        #expect(table.node.stateAgreement == (0, 1))
        table.receive(shows(nil, table), from: players[3])
        #expect(table.node.stateAgreement == (1, 1))
    }

    @Test func `values that found no room are fetched when there is room`() throws {
        var table = try table { $0.statesHeldBytes = 20_000 }
        let large = Array(repeating: UInt8(7), count: 4_000)
        table.hear(
            .state(owner.publishes(1, ["a": large, "b": large, "c": large])), from: players[0])
        table.hear(
            .state(players[2].publishes(1, ["a": large, "b": large, "c": large])), from: players[0])
        #expect(table.node.states.version(of: players[2].id) == 1)
        #expect(table.node.states.map(of: players[2].id) == nil)
        table.hear(.refresh(owner.refresh(1, .left)), from: players[0])
        // Without its version the hash is another one, and a comparison brings it whole.
        #expect(table.node.states.version(of: players[2].id) == nil)
        #expect(table.node.stateViewOfRows == table.node.states.viewHash)
        table.hear(
            .state(players[2].publishes(1, ["a": large, "b": large, "c": large])), from: players[0])
        #expect(table.node.states.map(of: players[2].id)?.entries.count == 3)
        #expect(table.node.states.membersWithoutValues == 0)
    }

    private func entry(_ name: String, _ bytes: Int, _ byte: UInt8 = 7) -> StateEntry {
        guard let key = StateKey(name) else { preconditionFailure(name) }
        return StateEntry(key: key, value: Array(repeating: byte, count: bytes))
    }
}
