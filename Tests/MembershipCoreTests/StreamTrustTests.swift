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
