import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Which messages of the application are new to a node.
@Suite struct UserMessageTests {
    private let players: [Player]
    private let origin: Player
    private let seed: Player

    init() throws {
        players = try (11...14).map { try Player("m\($0)", number: $0) }
        origin = players[1]
        seed = players[0]
    }

    /// A node that has joined by the seed, which lists the origin and has heard so much of it.
    private func joined(heard: UInt64?, of record: FullStatement) throws -> Tabletop {
        var table = try Tabletop()
        let calls = table.node.handle(
            .join(seed.identity.endpoint, attempt: 1), at: table.now)
        let opened = calls.compactMap {
            if case .openStream(let id, _, _, _) = $0 { id } else { nil }
        }
        let stream = try #require(opened.first)
        var items: [Item] = [.full(record)]
        if let heard { items.append(.heard(origin: origin.id, sequence: heard)) }
        let messages: [StreamMessage] = [
            .helloAck(seed.full(), .empty),
            .peers(.init(total: UInt32(items.count), index: 0, items: items)), .end(.done),
        ]
        for message in messages {
            _ = table.node.handle(
                .stream(stream, .received(message, remoteBoot: seed.identity.bootKey)),
                at: table.now)
        }
        return table
    }

    @Test func `a newcomer delivers no message that was sent before it came`() throws {
        var table = try joined(heard: 3 << 32 | 45, of: origin.full(3))
        for counter in 40...45 as ClosedRange<UInt64> {
            #expect(
                table.hear(origin.message(counter, inIncarnation: 3), from: seed).messages == 0)
        }
        #expect(
            table.hear(origin.message(46, inIncarnation: 3), from: seed).messages == 1)
        #expect(
            table.hear(origin.message(48, inIncarnation: 4), from: seed).messages == 1)
        #expect(
            table.hear(origin.message(47, inIncarnation: 3), from: seed).messages == 1)
        #expect(
            table.hear(origin.message(44, inIncarnation: 3), from: seed).messages == 0)
    }

    @Test func `without a word of the list the incarnation of the record decides`() throws {
        var table = try joined(heard: nil, of: origin.full(3))
        #expect(
            table.hear(origin.message(9, inIncarnation: 2), from: seed).messages == 0)
        #expect(
            table.hear(origin.message(9, inIncarnation: 3), from: seed).messages == 1)
        var late = try joined(heard: nil, of: origin.full(3, .left))
        #expect(late.hear(origin.message(9, inIncarnation: 3), from: seed).messages == 0)
    }

    @Test func `a list that is ahead of a member does not silence it`() throws {
        for lie in [.max, 4 << 32, 3 << 32 | 0xFFFF_FFFF] as [UInt64] {
            var table = try joined(heard: lie, of: origin.full(3))
            table.hear(.refresh(origin.refresh(4)), from: seed)
            #expect(
                table.hear(origin.message(1, inIncarnation: 4), from: seed).messages == 1)
        }
    }

    @Test func `what a list says is no news where messages were heard`() throws {
        var table = try Tabletop.with(players)
        #expect(table.hear(origin.message(5), from: seed).messages == 1)
        let hello = StreamMessage.Hello(
            purpose: .sync, protocolVersions: ProtocolVersion.supported, caller: seed.id)
        let boot = seed.identity.bootKey
        let messages: [(StreamMessage, BootKey?)] = [
            (.hello(hello), nil), (.join(seed.full()), boot),
            (.syncDelta([.heard(origin: origin.id, sequence: 1 << 32 | 900)]), boot),
            (.end(.done), boot),
        ]
        for (message, boot) in messages {
            _ = table.node.handle(
                .stream(StreamID(1), .received(message, remoteBoot: boot)), at: table.now)
        }
        #expect(table.hear(origin.message(6), from: seed).messages == 1)
    }

    @Test func `a burst may come in any order, over a change of the incarnation too`() throws {
        var table = try Tabletop.with(players)
        var delivered = 0
        for counter in (1...1_000 as ClosedRange<UInt64>).reversed() {
            delivered +=
                table.hear(
                    origin.message(counter, inIncarnation: counter > 500 ? 2 : 1),
                    from: players[counter % 2 == 0 ? 2 : 3]
                ).messages
        }
        #expect(delivered == 1_000)
        for counter in 1...1_000 as ClosedRange<UInt64> {
            #expect(
                table.hear(
                    origin.message(counter, inIncarnation: counter > 500 ? 2 : 1),
                    from: seed
                ).messages == 0)
        }
    }

    @Test func `another life begins anew, and ends what was not heard of the one before`() throws {
        var table = try Tabletop.with(players)
        #expect(table.hear(origin.message(7_000), from: seed).messages == 1)
        // Its counter may begin lower, or much higher.
        for (incarnation, counter) in [(2, 5), (3, 90_000)] as [(UInt64, UInt64)] {
            #expect(
                table.hear(
                    origin.message(counter, inIncarnation: incarnation), from: seed
                ).messages
                    == 1)
            #expect(
                table.hear(
                    origin.message(counter - 1, inIncarnation: incarnation), from: seed
                ).messages
                    == 1)
            #expect(table.hear(origin.message(6_999), from: seed).messages == 0)
        }
    }

    @Test func `our own lists say how far messages have come`() throws {
        var table = try Tabletop.with(players)
        table.hear(origin.message(5), from: seed)
        _ = table.node.handle(.broadcast(type: 1, payload: [1]), at: table.now)
        let newcomer = try Player("new", number: 40)
        let hello = StreamMessage.Hello(
            purpose: .join, protocolVersions: ProtocolVersion.supported, caller: newcomer.id)
        let messages: [(StreamMessage, BootKey?)] = [
            (.hello(hello), nil), (.join(newcomer.full()), newcomer.identity.bootKey),
        ]
        let items = messages.flatMap { message, boot in
            table.node.handle(
                .stream(StreamID(1), .received(message, remoteBoot: boot)), at: table.now)
        }.flatMap { effect -> [Item] in
            if case .writeStream(_, .peers(let chunk)) = effect { chunk.items } else { [] }
        }
        let heard = items.compactMap { item -> NodeID? in
            if case .heard(let origin, _) = item { origin } else { nil }
        }
        #expect(Set(heard) == [origin.id, table.own.id])
        #expect(items.contains(.heard(origin: origin.id, sequence: 1 << 32 | 5)))
    }

    @Test func `until the first peer list is in no message is taken`() throws {
        var table = try Tabletop.with(players)
        _ = table.node.handle(
            .join(try Player("x", number: 50).identity.endpoint, attempt: 1), at: table.now)
        #expect(table.hear(origin.message(5), from: seed).messages == 0)
        table.wait(.seconds(31), answering: players)
        #expect(table.hear(origin.message(5), from: seed).messages == 1)
    }
}
