import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Which states of members a node holds, and when it asks for them.
@Suite struct StateRuleTests {
    private let players: [Player]
    private let owner: Player

    init() throws {
        players = try (11...14).map { try Player("m\($0)", number: $0) }
        owner = players[1]
    }

    private func table() throws -> Tabletop { try Tabletop.with(players) }

    private func held(_ table: Tabletop, _ player: Player? = nil) -> [String: [UInt8]]? {
        table.node.states.map(of: (player ?? owner).id).map {
            Dictionary(uniqueKeysWithValues: $0.entries.map { ($0.key.text, $0.value ?? []) })
        }
    }

    @Test func `the greater version holds, whichever comes first`() throws {
        var table = try table()
        table.hear(.state(owner.publishes(2, ["a": [2]])), from: players[0])
        let late = table.hear(.state(owner.publishes(1, ["a": [1], "b": []])), from: players[0])
        #expect(held(table) == ["a": [2]])
        #expect(late.states.isEmpty)
        #expect(table.node.states.version(of: owner.id) == 2)
    }

    @Test func `of two maps of one version all hold the same`() throws {
        let (one, other) = (owner.publishes(3, ["a": [1]]), owner.publishes(3, ["a": [2]]))
        var (first, second) = (try table(), try table())
        first.hear(.state(one), .state(other), from: players[0])
        second.hear(.state(other), .state(one), from: players[0])
        #expect(held(first) == held(second))
        #expect(first.node.states.viewHash == second.node.states.viewHash)
    }

    @Test func `changes lead from the version that is held to the next`() throws {
        var table = try table()
        let before = ["a": [1], "b": [2], "c": [3]] as [String: [UInt8]]
        table.hear(.state(owner.publishes(4, before)), from: players[0])
        let effects = table.hear(
            .state(
                owner.publishes(
                    6, ["a": [1], "b": [9], "d": []], since: 4, changed: ["b", "c", "d"])),
            from: players[0])
        #expect(held(table) == ["a": [1], "b": [9], "d": []])
        #expect(effects.states.count == 1)
    }

    @Test func `a missed version is asked for, and passed on only then`() throws {
        var table = try table()
        table.hear(.state(owner.publishes(1, ["a": [1]])), from: players[0])
        table.wait(.seconds(2), answering: players)
        let later = owner.publishes(4, ["a": [1], "b": [4]], since: 3, changed: ["b"])
        var effects = table.hear(.state(later), from: players[2])
        #expect(held(table) == ["a": [1]])
        effects += table.wait(.milliseconds(60), answering: players)
        let calls = effects.streamCalls
        #expect(calls.map(\.endpoint) == [players[2].identity.endpoint])
        #expect(calls.map(\.hello.purpose) == [.states])
        #expect(!effects.sent.contains { $0.datagram.items.contains(.state(later)) })
        effects = try table.answer(
            calls.first?.id, by: players[2], [owner.publishes(4, ["a": [1], "b": [4]])])
        #expect(held(table) == ["a": [1], "b": [4]])
        effects += table.wait(.milliseconds(100), answering: players)
        #expect(effects.sent.contains { $0.datagram.items.contains(.state(later)) })
    }

    @Test func `a state of another process than the record names counts for nothing`() throws {
        var table = try table()
        var old = owner.publishes(9, ["a": [1]], process: BootID(7))
        table.hear(.state(old), from: players[0])
        #expect(held(table) == nil)
        #expect(table.node.counters[.stateOfOtherProcess] == 1)
        old.process = owner.boot
        table.hear(.state(old), from: players[0])
        #expect(held(table) == nil)
        #expect(table.node.counters[.badSignature] == 1)
    }

    @Test func `a restart ends a state, and an old version of it comes back no more`() throws {
        var table = try table()
        let old = owner.publishes(9, ["a": [1]])
        table.hear(.state(old), from: players[0])
        let again = try Player("m12", number: 12, boot: 99)
        var effects = table.hear(.full(again.full(2)), from: players[0])
        #expect(effects.states.map(\.map?.entries.count) == [nil])
        #expect(table.node.states.viewHash == 0)
        effects = table.hear(.state(old), from: players[0])
        #expect(effects.states.isEmpty)
        table.hear(.state(again.publishes(1, ["b": [2]])), from: players[0])
        #expect(held(table) == ["b": [2]])
    }

    @Test func `news of a process that has ended does not hide the news of the next`() throws {
        var table = try table()
        let old = owner.publishes(500, ["a": [1]], since: 499, changed: ["a"])
        table.hear(.state(old), from: players[2])
        table.wait(.seconds(2), answering: players)
        let back = try Player("m12", number: 12, boot: 112)
        table.hear(.full(back.full(2)), from: players[2])
        let new = back.publishes(3, ["a": [2]], since: 2, changed: ["a"])
        let effects =
            table.hear(.state(new), from: players[2])
            + table.wait(.milliseconds(60), answering: players)
        #expect(effects.streamCalls.map(\.hello.purpose).contains(.states))
    }

    @Test func `a renewed boot key and a refutation keep the state`() throws {
        var table = try table()
        table.hear(.state(owner.publishes(1, ["a": [1]])), from: players[0])
        table.hear(.refresh(owner.refresh(2)), from: players[0])
        let renewed = try Player("m12", number: 12, boot: 98, firstBoot: owner.boot)
        table.hear(.full(renewed.full(3)), from: players[0])
        #expect(held(table) == ["a": [1]])
        table.hear(.state(renewed.publishes(2, ["a": [2]], process: owner.boot)), from: players[0])
        #expect(held(table) == ["a": [2]])
    }

    @Test func `a member that leaves takes its state with it`() throws {
        var table = try table()
        table.hear(.state(owner.publishes(1, ["a": [1]])), from: players[0])
        let effects = table.hear(.refresh(owner.refresh(1, .left)), from: players[0])
        #expect(effects.states.map(\.map?.entries.count) == [nil])
        #expect(table.node.states.byteCount == 0)
        table.hear(.state(owner.publishes(2, ["a": [1]])), from: players[0])
        #expect(held(table) == nil)
    }

    @Test func `a whole map that is made up convicts its sender, changes do not`() throws {
        var table = try table()
        var forged = owner.publishes(2, ["a": [1]])
        forged.changes = owner.publishes(2, ["a": [2]]).changes
        table.hear(.state(forged), from: players[0])
        #expect(table.node.counters[.badSignature] == 1)
        table.hear(.state(owner.publishes(3, ["a": [1]])), from: players[0])
        var changed = owner.publishes(4, ["a": [2]], since: 3, changed: ["a"])
        changed.changes = owner.publishes(4, ["a": [9]]).changes
        table.hear(.state(changed), from: players[0])
        #expect(table.node.counters[.badSignature] == 1)
        #expect(held(table) == ["a": [1]])
    }

    @Test func `a flood of versions is taken in at twice the pace of an honest member`() throws {
        var table = try table()
        for version in 1...100 as ClosedRange<UInt64> {
            table.hear(.state(owner.publishes(version, ["a": [UInt8(version)]])), from: owner)
        }
        #expect(table.node.counters[.stateRate] == 60)
        #expect(table.node.states.version(of: owner.id) == 40)
        table.wait(.seconds(1), answering: players)
        table.hear(.state(owner.publishes(101, ["a": [101]])), from: owner)
        #expect(table.node.states.version(of: owner.id) == 101)
    }

    @Test func `heartbeats show the hash of states only where there is one`() throws {
        var table = try table()
        func shown(_ effects: [Effect]) -> [Item] {
            effects.sent.flatMap(\.datagram.items).filter {
                if case .stateView = $0 { true } else { false }
            }
        }
        #expect(shown(table.wait(.seconds(3), answering: players)).isEmpty)
        table.hear(.state(owner.publishes(1, ["a": [1]])), from: players[0])
        let effects = table.wait(.seconds(3), answering: players)
        #expect(!shown(effects).isEmpty)
        for heartbeat in effects.sent.filter({ $0.datagram.isHeartbeat }) {
            #expect(heartbeat.datagram.byteCount <= Bounds.plaintextBytes.lowerBound)
        }
    }

    @Test func `a hash that stays different is followed by a comparison`() throws {
        var table = try table()
        let shows = Datagram(
            .heartbeat(isIntroduction: false), [.view(table.node.viewDigest), .stateView(5)])
        table.receive(shows, from: players[3])
        let effects = table.wait(.milliseconds(300), answering: players)
        #expect(effects.streamCalls.map(\.hello.purpose) == [.states])
        #expect(effects.streamCalls.map(\.endpoint) == [players[3].identity.endpoint])
    }

    // MARK: Our own

    @Test func `writes that follow quickly become one version`() throws {
        var table = try table()
        var effects: [Effect] = []
        for number in 0..<60 {
            effects += table.node.handle(.writeState([entry("a", [UInt8(number)])]), at: table.now)
        }
        #expect(effects.states.count == 20)
        effects = table.wait(.milliseconds(150), answering: players)
        #expect(effects.states.map { $0.map?[key("a")] } == [[59]])
        #expect(table.node.states.version(of: table.own.id) == 21)
    }

    @Test func `a change of a large state tells the changes of its two newest versions`() throws {
        var table = try table()
        for number in 0..<10 {
            _ = table.node.handle(
                .writeState([entry("k\(number)", Array(repeating: 7, count: 300))]), at: table.now)
        }
        let effects = table.wait(.milliseconds(50), answering: players)
        let told = try #require(effects.statements.last)
        #expect(told.version == 10)
        #expect(told.since == 8)
        #expect(told.changes.map(\.key.text) == ["k8", "k9"])
    }

    @Test func `a small state always travels whole, and one whose changes are as large`() throws {
        func told(_ bytes: Int, _ keys: [String]) throws -> StateStatement? {
            var table = try table()
            for name in ["a", "b", "c", "d"] + keys {
                let value = Array(repeating: UInt8(table.node.states.byteCount % 251), count: bytes)
                _ = table.node.handle(.writeState([entry(name, value)]), at: table.now)
            }
            return table.wait(.milliseconds(50), answering: players).statements.last
        }
        #expect(try told(20, ["a"])?.since == 0)
        #expect(try told(200, ["a"])?.since == 3)
        #expect(try told(200, ["a"])?.changes.map(\.key.text) == ["a", "d"])
        #expect(try told(4_000, ["a"])?.changes.isEmpty == true)
    }

    @Test func `a change that does not fit beside the one before it travels alone`() throws {
        var table = try table()
        for name in ["a", "b", "c"] {
            _ = table.node.handle(
                .writeState([entry(name, Array(repeating: 7, count: 600))]), at: table.now)
        }
        let told = try #require(table.wait(.milliseconds(50), answering: players).statements.last)
        #expect(told.since == 2)
        #expect(told.changes.map(\.key.text) == ["c"])
    }

    @Test func `a value that fits into no rumor is told as a version alone`() throws {
        var table = try table()
        _ = table.node.handle(
            .writeState([entry("a", Array(repeating: 7, count: 4_096))]), at: table.now)
        let told = try #require(table.wait(.milliseconds(50), answering: players).statements.last)
        #expect(told.version == 1)
        #expect(told.since == 1)
        #expect(told.changes.isEmpty)
    }

    @Test func `a map beyond its bounds is not written`() throws {
        var table = try table()
        for number in 0..<4 {
            _ = table.node.handle(
                .writeState([entry("k\(number)", Array(repeating: 7, count: 3_990))]),
                at: table.now)
        }
        #expect(table.node.ownState.entries.count == 4)
        let effects = table.node.handle(
            .writeState([entry("k5", Array(repeating: 7, count: 90))]), at: table.now)
        #expect(effects.states.isEmpty)
        #expect(table.node.ownState.entries.count == 4)
    }

    @Test func `a copy of our process that published more is passed by the next version`() throws {
        var table = try table()
        _ = table.node.handle(.writeState([entry("a", [1])]), at: table.now)
        let copy = table.own.publishes(8, ["a": [2]])
        let effects = table.hear(.state(copy), from: players[0])
        #expect(effects.states.map { $0.map?[key("a")] } == [[1]])
        #expect(table.node.states.version(of: table.own.id) == 9)
    }

    @Test func `changes of maps lead where they say`() throws {
        var random = SeededRandom(seed: 7, label: "maps")
        var map = StateMap.empty
        for _ in 0..<2_000 {
            let names = Set((0..<random.index(below: 6)).map { _ in "k\(random.index(below: 20))" })
                .sorted()
            let changes = names.map {
                StateEntry(
                    key: key($0),
                    value: random.index(below: 2) == 0 ? nil : [UInt8(random.index(below: 3))])
            }
            let next = try #require(map.applying(changes))
            for change in changes { #expect(next[change.key] == change.value) }
            #expect(map.applying(map.changes(to: next))?.entries == next.entries)
            map = next
        }
    }

    private func key(_ text: String) -> StateKey {
        guard let key = StateKey(text) else { preconditionFailure(text) }
        return key
    }

    private func entry(_ name: String, _ value: [UInt8]?) -> StateEntry {
        StateEntry(key: key(name), value: value)
    }
}
