import MembershipCore
import MembershipWire
import Testing

/// Two processes with one identity: see `DuplicateIdentity`.
@Suite struct DuplicateIdentityTests {
    private let seed: Player
    /// Our identity in another process, at another address.
    private let lower: Player
    private let greater: Player

    init() throws {
        seed = try Player("seed", number: 11)
        let own = try Player("own", number: 1)
        let others = try (90...120).map {
            try Player("own", number: 1, boot: $0, address: 0x0A00_0063)
        }
        lower = try #require(others.first { $0.boot < own.boot })
        greater = try #require(others.first { $0.boot > own.boot })
    }

    private func answer(
        _ stream: StreamID, as player: Player, _ number: UInt64 = 5, _ table: inout Tabletop
    ) -> [Effect] {
        let message = StreamMessage.helloAck(player.full(number), .empty)
        return table.node.handle(
            .stream(stream, .received(message, remoteBoot: player.identity.bootKey)),
            at: table.now)
    }

    /// Joins by the seed, whose peer list has these records.
    private func join(
        _ table: inout Tabletop, attempt: UInt64 = 1, list: [FullStatement]
    ) throws -> [Effect] {
        let calls = table.node.handle(
            .join(seed.identity.endpoint, attempt: attempt), at: table.now)
        let stream = try #require(calls.openedStream)
        var effects = answer(stream, as: seed, 1, &table)
        let chunk = StreamMessage.PeerListChunk(
            total: UInt32(list.count), index: 0, items: list.map { .full($0) })
        for message in [StreamMessage.peers(chunk), .end(.done)] {
            effects += table.node.handle(
                .stream(stream, .received(message, remoteBoot: seed.identity.bootKey)),
                at: table.now)
        }
        return effects
    }

    private func fail(_ stream: StreamID, _ table: inout Tabletop) -> [Effect] {
        table.node.handle(.stream(stream, .failed(.refused)), at: table.now)
    }

    private func hello(_ caller: Player, _ stream: UInt64, _ table: inout Tabletop) -> [Effect] {
        let hello = StreamMessage.Hello(
            purpose: .sync, protocolVersions: ProtocolVersion.supported, caller: caller.id)
        return table.node.handle(
            .stream(StreamID(stream), .received(.hello(hello), remoteBoot: nil)), at: table.now)
    }

    @Test func `a process that its first peer list names is called, and if it answers we stop`()
        throws
    {
        for other in [lower, greater] {
            var table = try Tabletop()
            let effects = try join(&table, list: [seed.full(), other.full(5)])
            #expect(effects.endpointsCalled == [other.identity.endpoint])
            #expect(!effects.identityConflict)
            let stream = try #require(effects.openedStream)
            #expect(answer(stream, as: other, 7, &table).identityConflict)
            #expect(table.node.agenda.next == nil)
        }
    }

    @Test func `it is called also if our own incarnation is the higher`() throws {
        var table = try Tabletop()
        _ = table.node.handle(.setMetadata([1]), at: table.now)
        let effects = try join(&table, list: [seed.full(), lower.full(1)])
        #expect(effects.endpointsCalled == [lower.identity.endpoint])
    }

    @Test func `statements alone never stop a node`() throws {
        var table = try Tabletop()
        var effects = try join(&table, list: [seed.full(), lower.full(1)])
        for number in 1...40 as ClosedRange<UInt64> {
            if let stream = effects.openedStream { effects = fail(stream, &table) }
            #expect(!effects.identityConflict)
            effects = table.hear(.full(lower.full(number * 3)), from: seed)
            effects += table.wait(.seconds(3), answering: [seed])
        }
        #expect(table.node.agenda.next != nil)
    }

    @Test func `if another member answers at that address, or another boot, we stay`() throws {
        for answering in [try Player("else", number: 12), greater, try Player("own", number: 1)] {
            var table = try Tabletop()
            let effects = try join(&table, list: [seed.full(), lower.full(5)])
            let stream = try #require(effects.openedStream)
            #expect(!answer(stream, as: answering, 9, &table).identityConflict)
            #expect(table.node.agenda.next != nil)
        }
    }

    @Test func `a statement from our own address, or of a process that has left, calls nobody`()
        throws
    {
        let formerLife = try Player("own", number: 1, boot: 77)
        var table = try Tabletop()
        #expect(
            try join(&table, list: [seed.full(), formerLife.full(5)]).endpointsCalled == [])
        var other = try Tabletop()
        #expect(
            try join(&other, list: [seed.full(), lower.full(5, .left)]).endpointsCalled == [])
        #expect(other.node.ownRecord.incarnation == Incarnation(6))
    }

    @Test func `of two that have not replaced each other the greater boot calls, after a pause`()
        throws
    {
        var table = try Tabletop()
        _ = try join(&table, list: [seed.full()])
        #expect(table.hear(.full(lower.full(5)), from: seed).endpointsCalled == [])
        let effects = table.wait(.seconds(7), answering: [seed])
        #expect(effects.endpointsCalled == [lower.identity.endpoint])
        let stream = try #require(effects.openedStream)
        #expect(answer(stream, as: lower, 9, &table).identityConflict)

        var patient = try Tabletop()
        _ = try join(&patient, list: [seed.full()])
        var later = patient.hear(.full(greater.full(5)), from: seed)
        later += patient.wait(.seconds(30), answering: [seed])
        #expect(later.endpointsCalled == [])
    }

    @Test func `what a sync brings counts as well`() throws {
        var table = try Tabletop()
        _ = try join(&table, list: [seed.full()])
        let effects = try join(&table, attempt: 2, list: [seed.full(), lower.full(5)])
        #expect(effects.endpointsCalled == [])
        #expect(
            table.wait(.seconds(7), answering: [seed]).endpointsCalled == [lower.identity.endpoint])
    }

    @Test func `a call of the lower boot is refused while we call`() throws {
        var table = try Tabletop()
        let effects = try join(&table, list: [seed.full(), lower.full(5)])
        let stream = try #require(effects.openedStream)
        #expect(hello(lower, 101, &table).ends == [.leaving])
        #expect(answer(stream, as: lower, 7, &table).identityConflict)
    }

    @Test func `a call of the greater boot is answered, and ours is given up`() throws {
        var table = try Tabletop()
        let effects = try join(&table, list: [seed.full(), greater.full(5)])
        let stream = try #require(effects.openedStream)
        let answered = hello(greater, 101, &table)
        #expect(answered.ends == [])
        #expect(!answer(stream, as: greater, 7, &table).identityConflict)
        // While that stream is open we make no other.
        #expect(table.hear(.full(greater.full(20)), from: seed).endpointsCalled == [])
        _ = table.node.handle(.stream(StreamID(101), .failed(.broken)), at: table.now)
        #expect(
            table.hear(.full(greater.full(30)), from: seed).endpointsCalled
                == [greater.identity.endpoint])
    }

    @Test func `a join that reaches another process of our identity calls it, and ends with it`()
        throws
    {
        var table = try Tabletop()
        let calls = table.node.handle(.join(lower.identity.endpoint, attempt: 1), at: table.now)
        let effects = answer(try #require(calls.openedStream), as: lower, 5, &table)
        #expect(effects.endpointsCalled == [lower.identity.endpoint])
        let failed = fail(try #require(effects.openedStream), &table)
        #expect(
            failed.contains {
                if case .notify(.joinFailed(attempt: 1, _)) = $0 { true } else { false }
            })
        #expect(!failed.identityConflict)
    }

    @Test func `nobody joins as ourselves`() throws {
        var table = try Tabletop.with([seed])
        _ = hello(seed, 101, &table)
        let effects = table.node.handle(
            .stream(
                StreamID(101),
                .received(.join(lower.full(9)), remoteBoot: lower.identity.bootKey)),
            at: table.now)
        #expect(effects.contains { if case .closeStream = $0 { true } else { false } })
        #expect(table.node.ownRecord.incarnation == .first)
    }
}

extension [Effect] {
    fileprivate var endpointsCalled: [Endpoint] {
        compactMap { effect in
            guard case .openStream(_, to: let endpoint, _, _) = effect else { return nil }
            return endpoint
        }
    }

    fileprivate var ends: [StreamEndCode] {
        compactMap { effect in
            guard case .writeStream(_, .end(let code)) = effect else { return nil }
            return code
        }
    }
}
