import MembershipCore
import MembershipWire
import Testing

/// Who are you? What a node says to boots that it does not know, and to those that do not know it.
struct FirstContactTests {
    let a: Player
    let b: Player

    init() throws {
        a = try Player("a", number: 11)
        b = try Player("b", number: 12)
    }

    private static func source(_ number: Int) -> Endpoint {
        Endpoint(.v4(0x0A01_0000 | UInt32(number)), port: 2254)
    }

    private func knock(_ table: inout Tabletop, from number: Int) -> [Effect] {
        table.node.handle(
            .stranger(BootID(7), sequence: 9, source: Self.source(number)), at: table.now)
    }

    @Test func `a source is asked who it is once a second`() throws {
        var table = try Tabletop.with([a])
        let who = Datagram(.who(echoedBoot: BootID(7), echoedSequence: 9))
        #expect(knock(&table, from: 1).sent.map(\.datagram) == [who])
        #expect(knock(&table, from: 1).isEmpty)
        #expect(knock(&table, from: 2).sent.map(\.datagram) == [who])
        table.wait(.seconds(1))
        #expect(knock(&table, from: 1).sent.map(\.datagram) == [who])
        #expect(table.node.counters[.unknownSender] == 4)
    }

    @Test func `fifty sources a second are asked, whoever they are`() throws {
        var table = try Tabletop.with([a])
        let asked = (1...80).filter { !knock(&table, from: $0).isEmpty }
        #expect(asked == Array(1...50))
        table.wait(.seconds(1))
        #expect(!knock(&table, from: 80).isEmpty)
    }

    @Test func `a member that does not know us is introduced to us, at its own address`() throws {
        var table = try Tabletop.with([a])
        let sequence = try #require(
            table.wait(.seconds(1)).heartbeats.first { $0.to == a.boot }?.sequence)
        let who = Datagram(
            .who(echoedBoot: table.own.boot, echoedSequence: sequence))
        let answer = try #require(table.receive(who, from: a).sends.first)
        #expect(
            answer.datagram
                == Datagram(
                    .heartbeat(isIntroduction: true),
                    [.full(table.node.ownRecord.full), .view(table.node.viewDigest)]))
        #expect(answer.to.endpoint == a.identity.endpoint)
        // Whoever asks over and over is answered ten times a second.
        #expect(table.receive(who, from: a).sends.isEmpty)
        table.wait(.milliseconds(100))
        #expect(table.receive(who, from: a).sends.count == 1)
    }

    @Test func `a question about somebody else, by a stranger, or about nothing sent is ignored`()
        throws
    {
        var table = try Tabletop.with([a])
        let sent = try #require(table.wait(.seconds(1)).heartbeats.last?.sequence)
        let questions = [
            (Datagram.Body.who(echoedBoot: b.boot, echoedSequence: sent), a),
            (.who(echoedBoot: table.own.boot, echoedSequence: sent), b),
            (.who(echoedBoot: table.own.boot, echoedSequence: sent + 1_000), a),
            (.who(echoedBoot: table.own.boot, echoedSequence: 0), a),
        ]
        for (body, asker) in questions {
            #expect(table.receive(Datagram(body), from: asker).isEmpty)
        }
        #expect(table.node.counters[.unknownSender] == 4)
    }

    @Test func `of an introduction nothing is believed but the record`() throws {
        // Any key holder can send one in A's name, with A's record, which is public.
        var table = try Tabletop()
        let effects = table.receive(
            Datagram(.heartbeat(isIntroduction: true), [.full(a.full()), .view(.empty)]), from: a)
        #expect(table.state(of: a) == .alive)
        #expect(table.node.agreement.heardFrom == 0)
        let ack = try #require(effects.sends.first)
        #expect(ack.to.endpoint == a.identity.endpoint)
        #expect(ack.datagram.body.suite == .pairwise)
        // It is no sign of life either.
        #expect(table.node.status(of: a.id, at: table.now)?.roundTripTime == nil)
    }

    @Test func `an introduction with another's record is not an introduction`() throws {
        var table = try Tabletop()
        let effects = table.receive(
            Datagram(.heartbeat(isIntroduction: true), [.full(a.full()), .view(.empty)]), from: b)
        #expect(effects.sends.isEmpty)
        #expect(table.state(of: a) == nil)
        #expect(table.state(of: b) == nil)
    }
}

extension [Effect] {
    var sends: [(datagram: Datagram, to: Destination)] {
        compactMap {
            if case .send(let datagram, _, let to) = $0 { (datagram, to) } else { nil }
        }
    }
}
