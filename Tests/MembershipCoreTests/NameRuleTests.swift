import MembershipCore
import MembershipWire
import Testing

/// Nobody is called by a name that is another's, and nobody loses its name to who came later.
struct NameRuleTests {
    /// By id: `low` comes before `high`.
    let low: Player
    let high: Player
    let lowNumber: UInt8
    let highNumber: UInt8
    let others: [Player]

    init() throws {
        let numbers = try [20, 40].sorted { (a: UInt8, b: UInt8) in
            try Player("n", number: a).id < Player("n", number: b).id
        }
        (lowNumber, highNumber) = (numbers[0], numbers[1])
        low = try Player("n", number: lowNumber)
        high = try Player("n", number: highNumber)
        others = try (1...6).map { try Player("m\($0)", number: UInt8(50 + $0)) }
    }

    private func name(of player: Player, at table: Tabletop) -> String? {
        table.node.status(of: player.id, at: table.now)?.name.text
    }

    private func contests(in effects: [Effect]) -> [[NodeID]] {
        effects.compactMap {
            if case .notify(.nameContested(let bearer, let other)) = $0 {
                [bearer.id, other.id]
            } else {
                nil
            }
        }
    }

    // MARK: Who came first

    @Test func `a member that takes another's name is held and called by its id`() throws {
        var table = try Tabletop.with([high])
        table.wait(.seconds(20), answering: [high])
        let before = try Player("thief", number: lowNumber)
        table.introduce(before)
        let thief = low
        let effects = table.hear(.full(thief.full(2)), from: before)
        #expect(table.state(of: thief) == .alive, "views must agree on it")
        #expect(name(of: high, at: table) == "n")
        #expect(name(of: thief, at: table) == thief.id.description)
        #expect(contests(in: effects) == [[high.id, thief.id]])
        #expect(table.node.counters[.nameTaken] == 1)
        // Said again it is no news.
        #expect(contests(in: table.hear(.refresh(thief.refresh(3)), from: thief)).isEmpty)
    }

    @Test func `a name is not lost by being suspected, or by being dead for a moment`() throws {
        var table = try Tabletop.with([high, others[0]])
        table.wait(.seconds(6), answering: [high, others[0]])
        table.introduce(low)
        table.hear(.suspect(others[0].suspects(high)), from: others[0])
        #expect(name(of: high, at: table) == "n")
        table.hear(.refresh(high.refresh(2)), from: high)
        #expect(name(of: high, at: table) == "n")
        table.wait(.seconds(60), answering: [low, others[0]])
        #expect(table.state(of: high) == .dead)
        #expect(name(of: low, at: table) == "n", "the only living one")
        let back = table.hear(.refresh(high.refresh(3)), from: high)
        #expect(name(of: high, at: table) == "n")
        #expect(name(of: low, at: table) == low.id.description)
        #expect(back.changes(of: low) == [.updated])
        #expect(contests(in: back) == [[high.id, low.id]])
    }

    @Test func `a name is free when its bearer has left`() throws {
        var table = try Tabletop.with([high])
        table.wait(.seconds(6), answering: [high])
        table.introduce(low)
        let effects = table.hear(.refresh(high.refresh(1, .left)), from: high)
        #expect(name(of: low, at: table) == "n")
        #expect(effects.changes(of: low) == [.updated])
        // Who comes back after that comes later.
        table.wait(.seconds(6), answering: [low])
        let next = try Player("n", number: highNumber, boot: 99)
        table.hear(.full(next.full(2)), from: low)
        #expect(table.state(of: next) == .alive)
        #expect(name(of: low, at: table) == "n")
        #expect(name(of: next, at: table) == next.id.description)
    }

    @Test func `a name is free an hour after a death, and at once when the dead is forgotten`()
        throws
    {
        for isForgotten in [false, true] {
            var table = try Tabletop.with([high])
            table.wait(.seconds(60))
            #expect(table.state(of: high) == .dead)
            table.introduce(low)
            if isForgotten {
                _ = table.node.handle(.forget(high.id), at: table.now)
            } else {
                table.wait(.seconds(3_700), answering: [low])
            }
            table.hear(.refresh(high.refresh(2)), from: high)
            #expect(table.state(of: high) == .alive)
            #expect(name(of: low, at: table) == "n")
            #expect(name(of: high, at: table) == high.id.description)
        }
    }

    // MARK: At one moment

    @Test func `of newcomers that come at one moment the lower id bears the name, in any order`()
        throws
    {
        for order in [[low, high], [high, low]] {
            var table = try Tabletop.with(others)
            table.introduce(order[0])
            table.wait(.milliseconds(900), answering: others + order)
            let effects = table.introduce(order[1])
            #expect(name(of: low, at: table) == "n")
            #expect(name(of: high, at: table) == high.id.description)
            #expect(contests(in: effects) == [[low.id, high.id]])
            #expect(effects.changes(of: high).contains(.updated) == (order[0].id == high.id))
        }
    }

    @Test func `who changes its name comes after a newcomer, whatever its id and its hurry`() throws
    {
        for isFirst in [true, false] {
            var table = try Tabletop.with(others)
            let before = try Player("thief", number: lowNumber)
            table.introduce(before)
            if isFirst { table.hear(.full(low.full(2)), from: before) }
            table.introduce(high)
            if !isFirst { table.hear(.full(low.full(2)), from: before) }
            #expect(name(of: high, at: table) == "n")
            #expect(name(of: low, at: table) == low.id.description)
        }
    }

    // MARK: At the door

    /// How a seed that knows the table answers who joins under its record.
    private func answer(_ table: inout Tabletop, to joiner: Player) -> StreamEndCode? {
        let id = StreamID(1)
        let hello = StreamMessage.Hello(
            purpose: .join, protocolVersions: ProtocolVersion.supported, caller: joiner.id)
        var effects = table.node.handle(
            .stream(id, .received(.hello(hello), remoteBoot: nil)), at: table.now)
        effects += table.node.handle(
            .stream(id, .received(.join(joiner.full(3)), remoteBoot: joiner.identity.bootKey)),
            at: table.now)
        return effects.compactMap {
            if case .writeStream(_, .end(let code)) = $0 { code } else { nil }
        }.first
    }

    @Test func `who comes later to a name is refused at the door, its bearer never`() throws {
        var table = try Tabletop.with([high])
        table.wait(.seconds(6), answering: [high])
        #expect(answer(&table, to: low) == .aliasTaken)
        table.introduce(low)
        var again = table
        #expect(answer(&again, to: low) == .aliasTaken, "though it is inside")
        // Its bearer restarts after it was missed.
        table.wait(.seconds(60), answering: [low])
        #expect(table.state(of: high) == .dead)
        #expect(answer(&table, to: high) == .done)
    }

    @Test func `a newcomer takes over who bears a name from its seed, whatever the ids`() throws {
        let seed = try Player("seed", number: 70)
        for (first, second) in [(low, high), (high, low)] {
            var giver = try Tabletop.with([first])
            giver.wait(.seconds(6), answering: [first])
            giver.introduce(second)
            let items = giver.node.memory().chunks.flatMap(\.self)
            var table = try Tabletop()
            let calls = table.node.handle(.join(seed.identity.endpoint, attempt: 1), at: table.now)
            let stream = try #require(calls.openedStream)
            let messages: [StreamMessage] = [
                .helloAck(seed.full(), .empty),
                .peers(.init(total: UInt32(items.count), index: 0, items: items)), .end(.done),
            ]
            for message in messages {
                _ = table.node.handle(
                    .stream(stream, .received(message, remoteBoot: seed.identity.bootKey)),
                    at: table.now)
            }
            #expect(name(of: first, at: table) == "n")
            #expect(name(of: second, at: table) == second.id.description)
        }
    }

    @Test
    func `a node that comes at one moment with its namesake knows that it is called by its id`()
        throws
    {
        // The own id of the table is that of number 1.
        let pair = try (60...90 as ClosedRange<UInt8>).map { try Player("own", number: $0) }
        let own = try Tabletop().own
        let namesake = try #require(pair.first { $0.id < own.id })
        let seed = try Player("seed", number: 99)
        var table = try Tabletop()
        table.wait(.seconds(60))
        let calls = table.node.handle(.join(seed.identity.endpoint, attempt: 1), at: table.now)
        let stream = try #require(calls.openedStream)
        for message: StreamMessage in [
            .helloAck(seed.full(), .empty),
            .peers(.init(total: 1, index: 0, items: [.full(seed.full())])), .end(.done),
        ] {
            _ = table.node.handle(
                .stream(stream, .received(message, remoteBoot: seed.identity.bootKey)),
                at: table.now)
        }
        let effects = table.hear(.full(namesake.full()), from: seed)
        #expect(contests(in: effects) == [[namesake.id, own.id]])
        #expect(name(of: own, at: table) == own.id.description)
        #expect(name(of: namesake, at: table) == "own")
    }
}
