import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

@Suite struct SuspicionRuleTests {
    let a, b, c, d, target: Player

    init() throws {
        a = try Player("a", number: 11)
        b = try Player("b", number: 12)
        c = try Player("c", number: 13)
        d = try Player("d", number: 14)
        target = try Player("target", number: 20)
    }

    private func table() throws -> Tabletop { try .with([a, b, c, d, target]) }

    /// The verdict of three, when they have waited for long enough.
    private var verdict: DeadStatement { target.dead(by: [a, b, c]) }

    @discardableResult
    private func bury(in table: inout Tabletop) -> [Effect] {
        table.hear(.suspect(a.suspects(target)), from: a)
        table.wait(.milliseconds(1_100), answering: [a, b, c, d])
        return table.hear(.dead(verdict), from: b)
    }

    @Test func `an accusation makes a suspect, and everybody is told`() throws {
        var table = try table()
        let heard = table.hear(.suspect(a.suspects(target)), from: a)
        #expect(heard.changes(of: target) == [.suspected])
        #expect(table.state(of: target) == .suspect)
        let spread = table.wait(.milliseconds(30)).sent.flatMap(\.datagram.items)
        #expect(spread.contains(.suspect(a.suspects(target))))
    }

    @Test func `an accusation with a forged signature is ignored and counted`() throws {
        var table = try table()
        var forged = a.suspects(target)
        forged.signature = b.suspects(target).signature
        table.hear(.suspect(forged), from: b)
        #expect(table.state(of: target) == .alive)
        #expect(table.node.counters[.badSignature] == 1)
    }

    @Test func `one accuser waits long, three accusers wait short`() throws {
        var lonely = try table()
        lonely.hear(.suspect(a.suspects(target)), from: a)
        lonely.wait(.milliseconds(1_900))
        #expect(lonely.state(of: target) == .suspect)

        var certain = try table()
        for accuser in [a, b, c] { certain.hear(.suspect(accuser.suspects(target)), from: accuser) }
        certain.wait(.milliseconds(1_900), answering: [a, b, c, d])
        #expect(certain.state(of: target) == .suspect)
        // The final check takes a direct timeout more.
        certain.wait(.milliseconds(700), answering: [a, b, c, d])
        #expect(certain.state(of: target) == .dead)
    }

    @Test func `the same accuser twice is one voice`() throws {
        var table = try table()
        for _ in 0..<5 { table.hear(.suspect(a.suspects(target)), from: a) }
        #expect(table.node.status(of: target.id, at: table.now)?.why?.accusers == [a.id])
    }

    @Test func `a suspicion at a higher incarnation restarts the timer`() throws {
        var table = try table()
        for accuser in [a, b, c] { table.hear(.suspect(accuser.suspects(target)), from: accuser) }
        table.wait(.milliseconds(900), answering: [a, b, c, d])
        let refuted = table.hear(.refresh(target.refresh(2)), from: a)
        #expect(refuted.changes(of: target) == [.recovered])
        for accuser in [a, b, c] {
            table.hear(.suspect(accuser.suspects(target, 2)), from: accuser)
        }
        table.wait(.milliseconds(1_500), answering: [a, b, c, d])
        #expect(table.state(of: target) == .suspect)
        table.wait(.milliseconds(700), answering: [a, b, c, d])
        #expect(table.state(of: target) == .dead)
    }

    @Test func `a stale suspicion does not touch the newer record and corrects its accuser`() throws
    {
        var table = try table()
        table.hear(.refresh(target.refresh(5)), from: a)
        let effects = table.hear(.suspect(b.suspects(target, 4)), from: b)
        #expect(table.state(of: target) == .alive)
        #expect(effects.items(to: b).contains(.full(target.full(5))))
    }

    @Test func `a suspicion about oneself is refuted by the next incarnation`() throws {
        var table = try table()
        let before = table.node.ownRecord.incarnation
        let statement = SuspectStatement(
            target: table.own.id, corePrefix: table.node.ownRecord.coreHash.prefix,
            incarnation: before, accuser: a.id, signature: a.suspects(target).signature)
        table.hear(.suspect(statement), from: a)
        #expect(table.node.ownRecord.incarnation.number == before.number + 1)
        let spread = table.wait(.milliseconds(30)).sent.flatMap(\.datagram.items)
        #expect(spread.contains(.refresh(table.node.ownRecord.refresh)))
    }

    @Test func `a stale rumor about oneself is answered without a new incarnation`() throws {
        var table = try table()
        let stale = SuspectStatement(
            target: table.own.id, corePrefix: table.node.ownRecord.coreHash.prefix,
            incarnation: table.node.ownRecord.incarnation, accuser: a.id,
            signature: a.suspects(target).signature)
        table.hear(.suspect(stale), from: a)
        table.wait(.seconds(1))
        let current = table.node.ownRecord
        table.hear(.suspect(stale), from: a)
        #expect(table.node.ownRecord.incarnation == current.incarnation)
        let spread = table.wait(.milliseconds(30)).sent.flatMap(\.datagram.items)
        #expect(spread.contains(.refresh(current.refresh)))
    }

    @Test func `an incarnation far ahead cannot drag ours along`() throws {
        var table = try table()
        let before = table.node.ownRecord.incarnation
        let inflated = SuspectStatement(
            target: table.own.id, corePrefix: table.node.ownRecord.coreHash.prefix,
            incarnation: try #require(Incarnation(1 << 40)), accuser: a.id,
            signature: a.suspects(target).signature)
        table.hear(.suspect(inflated), from: a)
        #expect(table.node.ownRecord.incarnation == before)
        #expect(table.node.counters[.incarnationJump] == 1)
    }

    @Test func `a verdict about a member that looks alive to us only makes us look`() throws {
        var table = try table()
        let effects = table.hear(.dead(target.dead(by: [a, b, c])), from: a)
        #expect(table.state(of: target) == .suspect)
        #expect(table.node.status(of: target.id, at: table.now)?.why?.accusers == [])
        #expect(effects.heartbeats.contains { $0.to == target.boot })
    }

    @Test func `a merge counts no accuser`() throws {
        var table = try table()
        let stream = StreamID(1)
        let hello = StreamMessage.Hello(purpose: .sync, protocolVersions: 1...1, caller: a.id)
        let brought: [Item] = [.full(target.full()), .dead(target.dead(by: [a, b, c]))]
        _ = table.node.handle(
            .stream(stream, .received(.hello(hello), remoteBoot: nil)), at: table.now)
        for message in [.join(a.full()), .syncDelta(brought), .end(.done)] as [StreamMessage] {
            _ = table.node.handle(
                .stream(stream, .received(message, remoteBoot: a.identity.bootKey)), at: table.now)
        }
        #expect(table.state(of: target) == .suspect)
        #expect(table.node.status(of: target.id, at: table.now)?.why?.accusers == [])
        // Three accusers would be enough for a verdict after 2 s.
        table.wait(.seconds(6), answering: [a, b, c, d])
        #expect(table.state(of: target) == .suspect)
        table.wait(.seconds(4), answering: [a, b, c, d])
        #expect(table.state(of: target) == .dead)
    }

    @Test func `a proven verdict about a suspect that had time to refute is believed at once`()
        throws
    {
        var table = try table()
        #expect(bury(in: &table).changes(of: target) == [.failed])
        #expect(table.state(of: target) == .dead)
    }

    @Test func `a verdict that leaves no time to refute counts as so many accusations`() throws {
        var table = try table()
        table.hear(.suspect(a.suspects(target)), from: a)
        table.wait(.milliseconds(900), answering: [a, b, c, d])
        #expect(table.hear(.dead(verdict), from: b).changes(of: target).isEmpty)
        let accusers = table.node.status(of: target.id, at: table.now)?.why?.accusers ?? []
        #expect(Set(accusers).isSuperset(of: [a.id, b.id, c.id]))
        // Three voices: Tmin, which began 900 ms ago, and the final check.
        let later = table.wait(.milliseconds(1_700), answering: [a, b, c, d])
        #expect(later.changes(of: target) == [.failed])
    }

    @Test func `a verdict without a valid accusation is not believed`() throws {
        var table = try table()
        table.hear(.suspect(a.suspects(target)), from: a)
        var forged = target.dead(by: [b])
        forged.accusations[0].signature = c.accusation(of: target).signature
        table.hear(.dead(forged), from: c)
        table.hear(.dead(target.dead(by: [])), from: c)
        #expect(table.state(of: target) == .suspect)
        #expect(table.node.counters[.unprovenDeath] == 2)
    }

    @Test func `an ack of a suspect clears our doubt and lets it defend itself`() throws {
        var table = try table()
        let heard = table.hear(.dead(target.dead(by: [a])), from: a)
        let heartbeat = try #require(heard.heartbeats.first { $0.to == target.boot })
        let ack = Datagram(
            .heartbeatAck(echoedSequence: heartbeat.sequence, health: 0), [.view(.empty)])
        let answered = table.receive(ack, from: target)
        #expect(answered.changes(of: target) == [.recovered])
        #expect(table.state(of: target) == .alive)
    }

    @Test func `a dead member that speaks to us is told so`() throws {
        var table = try table()
        bury(in: &table)
        table.wait(.seconds(1))
        let effects = table.receive(
            Datagram(.heartbeat(isIntroduction: false), [.view(.empty)]), from: target)
        #expect(effects.items(to: target).contains(.dead(verdict)))
    }

    @Test func `a dead member comes back with the next incarnation only`() throws {
        var table = try table()
        bury(in: &table)
        table.hear(.full(target.full(1)), from: b)
        #expect(table.state(of: target) == .dead)
        let effects = table.hear(.refresh(target.refresh(2)), from: b)
        #expect(effects.changes(of: target) == [.joined])
    }

    @Test func `left is final for a life, and a new boot starts another`() throws {
        var table = try table()
        #expect(
            table.hear(.refresh(target.refresh(1, .left)), from: a).changes(of: target) == [.left])
        table.hear(.refresh(target.refresh(2)), from: a)
        table.hear(.full(target.full(3)), from: a)
        #expect(table.state(of: target) == .left)
        #expect(table.node.counters[.revivedLeft] == 2)
        let reborn = try Player("target", number: 20, boot: 21)
        #expect(table.hear(.full(reborn.full(2)), from: a).changes(of: target) == [.joined])
    }

    @Test func `nobody is accused by who has just overslept`() throws {
        var table = try table()
        table.oversleep(.seconds(10))
        table.wait(.milliseconds(900))
        #expect([a, b, c, d, target].allSatisfy { table.state(of: $0) == .alive })
    }

    @Test func `before a verdict others are asked, and a better answer saves the accused`() throws {
        var table = try table()
        for accuser in [a, b, c] { table.hear(.suspect(accuser.suspects(target)), from: accuser) }
        var call: (datagram: Datagram, sequence: UInt64, to: BootID)?
        for _ in 0..<220 where call == nil {
            call = table.wait(.milliseconds(10), answering: [a, b, c, d]).sent.first {
                $0.datagram.body == .gossip(isFinalCheck: true)
            }
        }
        #expect(call?.to == d.boot, "who has not accused it knows best")
        #expect(table.state(of: target) == .suspect)
        table.hear(.full(target.full(2)), from: d)
        table.wait(.seconds(1), answering: [a, b, c, d, target])
        #expect(table.state(of: target) == .alive)
    }

    @Test func `a final check is answered with the newer record, or with the proof of death`()
        throws
    {
        var table = try table()
        let call = Datagram(.gossip(isFinalCheck: true), [.suspect(a.suspects(target))])
        let nothing = table.receive(call, from: a)
        #expect(nothing.items(to: a).isEmpty)
        table.wait(.milliseconds(1_100), answering: [a, b, c, d])
        table.hear(.dead(verdict), from: b)
        let proof = table.receive(call, from: a)
        #expect(proof.items(to: a).contains(.dead(verdict)))
        table.hear(.refresh(target.refresh(2)), from: b)
        table.wait(.seconds(1))
        let newer = table.receive(call, from: a)
        #expect(newer.items(to: a).contains(.full(target.full(2))))
    }

    @Test func `a suspicion that ran out while we slept waits for grace`() throws {
        var table = try table()
        for accuser in [a, b, c] { table.hear(.suspect(accuser.suspects(target)), from: accuser) }
        table.oversleep(.seconds(10))
        #expect(table.state(of: target) == .suspect)
        // A refutation that was queued meanwhile is in time.
        table.hear(.refresh(target.refresh(2)), from: a)
        table.wait(.seconds(1))
        #expect(table.state(of: target) == .alive)
    }
}
