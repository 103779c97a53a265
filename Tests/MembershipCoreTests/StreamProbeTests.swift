import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Where datagrams do not pass, a member may still be reached by stream.
@Suite struct StreamProbeTests {
    let players: [Player]

    init() throws {
        players = try (11..<16).map { try Player("p\($0)", number: $0) }
    }

    /// A table of one view, so that nobody is called for a sync.
    private func table(of players: [Player]) throws -> Tabletop {
        var table = try Tabletop.with(players)
        for player in players { table.hear(.view(table.node.viewDigest), from: player) }
        return table
    }

    /// Waits for the call of a silent member: who is called, and what happened until then.
    private func call(in table: inout Tabletop) throws -> (stream: StreamID, target: Player) {
        for _ in 0..<300 {
            guard let call = table.wait(.milliseconds(10)).calls.first else { continue }
            return (call.stream, try #require(players.first { $0.identity.endpoint == call.to }))
        }
        throw Silence()
    }

    private struct Silence: Error {}

    private func answer(_ target: Player, incarnation: UInt64 = 1) -> StreamInput {
        .received(
            .helloAck(target.full(incarnation), .empty), remoteBoot: target.identity.bootKey)
    }

    @Test func `who is silent to us and to the relays is called by stream before it is accused`()
        throws
    {
        var table = try table(of: players)
        var effects: [Effect] = []
        while effects.calls.isEmpty { effects += table.wait(.milliseconds(10)) }
        #expect(!effects.changes.contains { $0.kind == .suspected })
        #expect(
            effects.sent.contains {
                if case .relayHeartbeat = $0.datagram.body { true } else { false }
            })
    }

    @Test func `an answer by stream keeps a member that no datagram reaches`() throws {
        var table = try table(of: players)
        let (stream, target) = try call(in: &table)
        let effects = table.node.handle(.stream(stream, answer(target)), at: table.now)
        #expect(effects.written(on: stream) == [.join(table.node.ownRecord.full), .end(.done)])
        table.wait(.milliseconds(300), answering: players.filter { $0.id != target.id })
        #expect(table.state(of: target) == .alive)
    }

    @Test func `an answer by stream counts whenever it comes`() throws {
        var table = try table(of: players)
        let (stream, target) = try call(in: &table)
        let accused = table.wait(
            .milliseconds(700), answering: players.filter { $0.id != target.id })
        #expect(accused.changes(of: target) == [.suspected])
        let effects = table.node.handle(.stream(stream, answer(target)), at: table.now)
        #expect(effects.changes(of: target) == [.recovered])
        // It is shown what was held against it.
        #expect(
            effects.written(on: stream).contains {
                if case .syncDelta(let items) = $0 { !items.isEmpty } else { false }
            })
    }

    @Test func `an accusation that comes by stream is answered by the next incarnation`() throws {
        var table = try table(of: players)
        let own = table.node.ownRecord
        let stream = StreamID(1)
        let caller = players[0]
        let hello = StreamMessage.Hello(
            purpose: .sync, protocolVersions: 1...1, caller: caller.id)
        let accusation = SuspectStatement(
            target: own.id, corePrefix: own.coreHash.prefix, incarnation: own.incarnation,
            accuser: caller.id, signature: caller.suspects(players[1]).signature)
        for message in [
            .hello(hello), .join(caller.full()), .syncDelta([.suspect(accusation)]), .end(.done),
        ] as [StreamMessage] {
            let boot = message == .hello(hello) ? nil : caller.identity.bootKey
            _ = table.node.handle(
                .stream(stream, .received(message, remoteBoot: boot)), at: table.now)
        }
        #expect(table.node.ownRecord.incarnation == own.incarnation.next)
    }

    @Test func `a stranger at the address of a silent member proves nothing`() throws {
        var table = try table(of: players)
        let (stream, target) = try call(in: &table)
        let stranger = try Player("stranger", number: 99)
        _ = table.node.handle(.stream(stream, answer(stranger)), at: table.now)
        let effects = table.wait(
            .milliseconds(700), answering: players.filter { $0.id != target.id })
        #expect(effects.changes(of: target) == [.suspected])
    }

    @Test func `the reason of a suspicion says what became of the call`() throws {
        for failure in [StreamFailure.refused, .timedOut] {
            var table = try table(of: players)
            let (stream, target) = try call(in: &table)
            _ = table.node.handle(.stream(stream, .failed(failure)), at: table.now)
            let effects = table.wait(
                .milliseconds(700), answering: players.filter { $0.id != target.id })
            let why = try #require(effects.changes.first { $0.record.id == target.id }?.why)
            guard case .ownProbe(_, _, _, let attempt) = why.evidence else {
                Issue.record("not our own probe: \(why)")
                continue
            }
            #expect(attempt == (failure == .refused ? .refused : .noAnswer))
        }
    }

    /// A call of `slow`, who has said that it is slow; all others answer datagrams.
    private func call(ofSlow slow: Player, in table: inout Tabletop) throws -> StreamID {
        let text = SignedText.degraded(member: slow.id, .first, counter: 1)
        let statement = DegradedStatement(
            member: slow.id, incarnation: .first, counter: 1,
            signature: slow.authenticator.sign(text))
        table.hear(.degraded(statement), from: players[1])
        for _ in 0..<1_000 {
            let effects = table.wait(.milliseconds(10), answering: others(than: slow))
            guard let call = effects.calls.first else { continue }
            #expect(call.to == slow.identity.endpoint)
            return call.stream
        }
        throw Silence()
    }

    private func others(than player: Player) -> [Player] {
        players.filter { $0.id != player.id }
    }

    @Test func `a slow member whose machine refuses its call is given no longer than others`()
        throws
    {
        var table = try table(of: players)
        let slow = players[0]
        let stream = try call(ofSlow: slow, in: &table)
        _ = table.node.handle(.stream(stream, .failed(.refused)), at: table.now)
        let effects = table.wait(.milliseconds(200), answering: others(than: slow))
        #expect(effects.changes(of: slow) == [.suspected])
        for accuser in players[1...2] {
            table.hear(.suspect(accuser.suspects(slow)), from: accuser)
        }
        table.wait(.milliseconds(2_500), answering: others(than: slow))
        #expect(table.state(of: slow) == .dead)
    }

    @Test func `a slow member that is merely silent is given its longer time`() throws {
        var table = try table(of: players)
        let slow = players[0]
        let stream = try call(ofSlow: slow, in: &table)
        _ = table.node.handle(.stream(stream, .failed(.timedOut)), at: table.now)
        table.wait(.seconds(3), answering: others(than: slow))
        #expect(table.state(of: slow) == .alive)
        table.wait(.milliseconds(500), answering: others(than: slow))
        #expect(table.state(of: slow) == .suspect)
    }

    @Test func `a refusal shortens what is held against a slow member already`() throws {
        var table = try table(of: players)
        let slow = players[0]
        let stream = try call(ofSlow: slow, in: &table)
        for accuser in players[1...3] {
            table.hear(.suspect(accuser.suspects(slow)), from: accuser)
        }
        _ = table.node.handle(.stream(stream, .failed(.refused)), at: table.now)
        table.wait(.milliseconds(2_500), answering: others(than: slow))
        #expect(table.state(of: slow) == .dead)
    }

    @Test func `at most four members are called at once`() throws {
        let many = try (11..<40).map { try Player("p\($0)", number: $0) }
        var table = try table(of: many)
        var open: [StreamID] = []
        for _ in 0..<600 {
            let effects = table.wait(.milliseconds(5))
            open += effects.calls.map(\.stream)
            open.removeAll { effects.closedStreams.contains($0) }
            #expect(open.count <= 4)
        }
        #expect(!open.isEmpty)
    }

    @Test func `who answers by stream only is reported once, until a datagram answers`() throws {
        var table = try table(of: [players[0]])
        var reports = 0
        for _ in 0..<500 {
            let effects = table.wait(.milliseconds(10))
            for call in effects.calls {
                let done = table.node.handle(
                    .stream(call.stream, answer(players[0])), at: table.now)
                reports += done.count { if case .notify(.streamOnly) = $0 { true } else { false } }
            }
        }
        #expect(reports == 1)
        #expect(table.state(of: players[0]) == .alive)
        #expect(
            table.node.status(of: players[0].id, at: table.now)?.why?.evidence == .streamOnly)
        table.wait(.seconds(2), answering: players)
        #expect(table.node.status(of: players[0].id, at: table.now)?.why == nil)
    }
}

extension [Effect] {
    fileprivate var calls: [(stream: StreamID, to: Endpoint)] {
        compactMap {
            if case .openStream(let id, let endpoint, _, _) = $0 { (id, endpoint) } else { nil }
        }
    }

    fileprivate func written(on stream: StreamID) -> [StreamMessage] {
        compactMap {
            if case .writeStream(stream, let message) = $0 { message } else { nil }
        }
    }

    fileprivate var closedStreams: [StreamID] {
        compactMap { if case .closeStream(let id) = $0 { id } else { nil } }
    }
}
