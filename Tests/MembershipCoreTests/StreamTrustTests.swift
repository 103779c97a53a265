import MembershipCore
import MembershipWire
import Testing

/// What streams and the last life bring is believed as a whole or not at all.
struct StreamTrustTests {
    let seed: Player
    let a: Player
    let b: Player

    init() throws {
        seed = try Player("seed", number: 21)
        a = try Player("a", number: 22)
        b = try Player("b", number: 23)
    }

    /// Joins by the seed, which sends these records and ends well.
    private func join(_ table: inout Tabletop, _ items: [Item]) throws -> [Effect] {
        let calls = table.node.handle(
            .join(seed.identity.endpoint, attempt: 1), at: table.now)
        let stream = try #require(calls.openedStream)
        let boot = seed.identity.bootKey
        let messages: [StreamMessage] = [
            .helloAck(seed.full(), .empty),
            .peers(.init(total: UInt32(items.count), index: 0, items: items)), .end(.done),
        ]
        return messages.flatMap { message in
            table.node.handle(
                .stream(stream, .received(message, remoteBoot: boot)), at: table.now)
        }
    }

    @Test func `a peer list with one forged record teaches nothing`() throws {
        var table = try Tabletop()
        var forged = b.full()
        forged.signature = a.full().signature
        let effects = try join(&table, [.full(a.full()), .full(forged)])
        #expect(table.state(of: a) == nil)
        #expect(table.state(of: b) == nil)
        #expect(table.state(of: seed) == nil)
        #expect(table.node.counters[.badSignature] == 1)
        let failures = effects.compactMap {
            if case .notify(.joinFailed(_, let refusal)) = $0 { refusal } else { nil }
        }
        #expect(failures == [.stream(.broken)])
    }

    @Test func `a peer list whose signatures hold is taken in`() throws {
        var table = try Tabletop()
        _ = try join(&table, [.full(a.full()), .full(b.full())])
        #expect(table.state(of: a) == .alive)
        #expect(table.state(of: b) == .alive)
    }

    @Test func `of each member the first statement of a list counts, and is checked once`() throws {
        var table = try Tabletop()
        var forged = a.full(2)
        forged.signature = b.full().signature
        // A second one is not even looked at.
        _ = try join(&table, [.full(a.full()), .full(forged), .full(b.full())])
        #expect(table.state(of: a) == .alive)
        #expect(table.state(of: b) == .alive)
        #expect(table.node.counters[.badSignature] == 0)
    }

    @Test func `a list of endless empty chunks is cut off`() throws {
        var table = try Tabletop()
        let calls = table.node.handle(.join(seed.identity.endpoint, attempt: 1), at: table.now)
        let stream = try #require(calls.openedStream)
        let boot = seed.identity.bootKey
        func receive(_ message: StreamMessage) -> [Effect] {
            table.node.handle(.stream(stream, .received(message, remoteBoot: boot)), at: table.now)
        }
        _ = receive(.helloAck(seed.full(), .empty))
        var chunks = 0
        var isOpen = true
        while isOpen, chunks < 20_000 {
            chunks += 1
            isOpen = receive(.peers(.init(total: 1, index: 0, items: []))).isEmpty
        }
        #expect(chunks == 16_385)
    }

    @Test func `a tombstone from a stream is passed on only where its member was known`() throws {
        var table = try Tabletop.with([seed, a])
        let newcomer = try Player("c", number: 24)
        let items: [Item] = [
            .full(a.full(1, .left)), .full(b.full(1, .left)), .full(newcomer.full()),
        ]
        let effects =
            table.sync(from: seed, items, on: 1) + table.wait(.milliseconds(50), answering: [seed])
        let passedOn = effects.sent.flatMap(\.datagram.items)
        #expect(table.state(of: b) == .left)
        #expect(passedOn.contains(.refresh(a.refresh(1, .left))))
        #expect(passedOn.contains(.full(newcomer.full())))
        #expect(!passedOn.contains(.full(b.full(1, .left))))
    }

    // MARK: While the first list is on its way

    /// A node that is joining, to which the seed has answered and sent no list yet.
    private func joiningTable() throws -> (table: Tabletop, stream: StreamID) {
        var table = try Tabletop()
        let calls = table.node.handle(.join(seed.identity.endpoint, attempt: 1), at: table.now)
        let stream = try #require(calls.openedStream)
        _ = table.node.handle(
            .stream(
                stream,
                .received(.helloAck(seed.full(), .empty), remoteBoot: seed.identity.bootKey)),
            at: table.now)
        table.introduce(a)
        return (table, stream)
    }

    private func endList(_ stream: StreamID, _ table: inout Tabletop) {
        _ = table.node.handle(
            .stream(stream, .received(.end(.done), remoteBoot: seed.identity.bootKey)),
            at: table.now)
    }

    private func bring(_ items: [Item], on stream: StreamID, _ table: inout Tabletop) -> [Effect] {
        let chunk = StreamMessage.PeerListChunk(total: 100, index: 0, items: items)
        return table.node.handle(
            .stream(stream, .received(.peers(chunk), remoteBoot: seed.identity.bootKey)),
            at: table.now)
    }

    @Test func `the living members of a first list count once its first tombstone has come`() throws
    {
        let gone = try Player("c", number: 24)
        for tombstone: [Item] in [
            [.full(gone.full(1, .left))], [.full(gone.full()), .dead(gone.dead(by: []))],
        ] {
            var (table, stream) = try joiningTable()
            #expect(bring([.full(b.full())], on: stream, &table).isEmpty)
            #expect(table.state(of: b) == nil)
            #expect(bring(tombstone, on: stream, &table).changes(of: b) == [.joined])
            #expect(table.state(of: b) == .alive)
            #expect(table.state(of: gone) == nil)
            // A list that is forged from there on takes nothing of it back, because each record is signed.
            var forged = try Player("d", number: 25).full(1, .left)
            forged.signature = a.full().signature
            let effects = bring([.full(forged)], on: stream, &table)
            #expect(effects.contains { if case .notify(.joinFailed) = $0 { true } else { false } })
            #expect(table.state(of: b) == .alive)
            #expect(table.state(of: gone) == nil)
        }
    }

    @Test func `the end of a list tells the rest, and nothing twice`() throws {
        let gone = try Player("c", number: 24)
        var (table, stream) = try joiningTable()
        let early = bring([.full(b.full()), .full(gone.full(1, .left))], on: stream, &table)
        let late = table.node.handle(
            .stream(stream, .received(.end(.done), remoteBoot: seed.identity.bootKey)),
            at: table.now)
        #expect((early + late).changes(of: b) == [.joined])
        #expect(table.state(of: seed) == .alive)
        #expect(table.state(of: gone) == .left)
    }

    @Test func `a list that names the node itself counts at its end`() throws {
        let gone = try Player("c", number: 24)
        var (table, stream) = try joiningTable()
        let items: [Item] = [
            .full(table.own.full()), .full(b.full()), .full(gone.full(1, .left)),
        ]
        #expect(bring(items, on: stream, &table).isEmpty)
        #expect(table.state(of: b) == nil)
        endList(stream, &table)
        #expect(table.state(of: b) == .alive)
    }

    @Test func `a comparison that another member begins then gets busy`() throws {
        var (table, stream) = try joiningTable()
        func beginSync(on stream: UInt64, _ table: inout Tabletop) -> [StreamMessage] {
            let hello = StreamMessage.Hello(
                purpose: .sync, protocolVersions: ProtocolVersion.supported, caller: a.id)
            let boot = a.identity.bootKey
            let messages: [(StreamMessage, BootKey?)] = [
                (.hello(hello), nil), (.join(a.full()), boot),
                (.syncBuckets(Array(repeating: 0, count: 64)), boot),
            ]
            let effects = messages.flatMap { message, boot in
                table.node.handle(
                    .stream(StreamID(stream), .received(message, remoteBoot: boot)), at: table.now)
            }
            return effects.compactMap {
                if case .writeStream(_, let message) = $0 { message } else { nil }
            }
        }
        #expect(beginSync(on: 1, &table).contains(.end(.busy)))
        endList(stream, &table)
        let answers = beginSync(on: 3, &table)
        #expect(!answers.contains(.end(.busy)))
        #expect(answers.contains(.syncIDs([])))
    }

    // MARK: The last life

    @Test func `of the last life the dead and the left are remembered and nobody else`() throws {
        var table = try Tabletop()
        var forged = try Player("c", number: 24).full(1, .left)
        forged.signature = a.full().signature
        let effects = table.node.handle(
            .remember([
                .full(a.full(3, .left)), .full(b.full(2)), .dead(b.dead(2, by: [a])),
                .full(seed.full()), .full(forged),
            ]), at: table.now)
        #expect(table.state(of: a) == .left)
        #expect(table.state(of: b) == .dead)
        #expect(table.state(of: seed) == nil)
        #expect(effects.changes.isEmpty, "nobody is told of what happened in another life")
        #expect(table.node.counters[.badSignature] == 1)
        // An old rumor does not revive them.
        table.introduce(seed)
        table.hear(.full(a.full(3)), .full(b.full(1)), from: seed)
        #expect(table.state(of: a) == .left)
        #expect(table.state(of: b) == .dead)
    }

    @Test func `what is kept for the next life is everybody but oneself`() throws {
        let table = try Tabletop.with([a, b])
        let (chunks, count) = table.node.memory()
        #expect(chunks.flatMap(\.self) == [a, b].sorted { $0.id < $1.id }.map { .full($0.full()) })
        #expect(count == 2)
    }
}
