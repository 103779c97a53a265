import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

@Suite struct RecordRuleTests {
    let a, b: Player

    init() throws {
        a = try Player("a", number: 11)
        b = try Player("b", number: 12)
    }

    @Test func `an introduction is enough to know a member`() throws {
        var table = try Tabletop()
        #expect(table.introduce(a).changes(of: a) == [.joined])
        #expect(table.node.viewDigest.members == 2)
    }

    @Test func `a stranger is asked who it is, and learns nothing else`() throws {
        var table = try Tabletop()
        let effects = table.receive(
            Datagram(.heartbeat(isIntroduction: false), [.view(.empty)]), from: a)
        #expect(effects.sent.count == 1)
        #expect(
            effects.sent.first?.datagram
                == Datagram(.who(echoedBoot: a.boot, echoedSequence: 1)))
    }

    @Test func `a record signed by somebody else is ignored`() throws {
        var table = try Tabletop.with([a])
        var forged = b.full()
        forged.signature = a.full().signature
        table.hear(.full(forged), from: a)
        #expect(table.state(of: b) == nil)
        #expect(table.node.counters[.badSignature] == 1)
    }

    @Test func `changed metadata is an update, and is passed on whole`() throws {
        var table = try Tabletop.with([a, b])
        table.wait(.seconds(2))
        let changed = try Player("a", number: 11, metadata: [7])
        #expect(table.hear(.full(changed.full(2)), from: b).changes(of: a) == [.updated])
        let spread = table.wait(.milliseconds(30)).items(to: b)
        #expect(spread.contains(.full(changed.full(2))))
    }

    @Test func `a restart replaces the old life at once`() throws {
        var table = try Tabletop.with([a, b])
        let reborn = try Player("a", number: 11, boot: 99)
        #expect(table.hear(.full(reborn.full(2)), from: b).changes(of: a) == [.restarted])
        // The old boot is a stranger now.
        table.receive(Datagram(.heartbeat(isIntroduction: false), [.view(.empty)]), from: a)
        #expect(table.node.counters[.unknownSender] == 1)
    }

    @Test func `a renewed boot key is no restart, however often, and a restart after it is one`()
        throws
    {
        var table = try Tabletop.with([a, b])
        for number in 2...4 as ClosedRange<UInt64> {
            let renewed = try Player(
                "a", number: 11, boot: 90 + UInt8(number), firstBoot: a.boot)
            #expect(table.hear(.full(renewed.full(number)), from: b).changes(of: a) == [.renewed])
        }
        let reborn = try Player("a", number: 11, boot: 99)
        #expect(table.hear(.full(reborn.full(5)), from: b).changes(of: a) == [.restarted])
    }

    @Test func `a restart with other metadata is a restart and an update`() throws {
        var table = try Tabletop.with([a, b])
        let reborn = try Player("a", number: 11, boot: 99, metadata: [1])
        let changes = table.hear(.full(reborn.full(2)), from: b).changes(of: a)
        #expect(changes == [.restarted, .updated])
    }

    @Test func `our own renewals name the boot with which we began`() throws {
        var table = try Tabletop.with([a])
        let first = table.node.ownRecord.boot
        for boot in [91, 92] as [UInt8] {
            let key = BootKey(Octets32(repeating: boot))
            let own = table.node.ownRecord.core.identityKey
            _ = table.node.handle(
                .renewBoot(key, PlainAuthenticator(identityKey: own, bootKey: key)), at: table.now)
            #expect(table.node.ownRecord.boot != first)
            #expect(table.node.ownRecord.process == first)
        }
        _ = table.node.handle(.setMetadata([1]), at: table.now)
        #expect(table.node.ownRecord.process == first)
    }

    @Test func `a life that was missed from hello to goodbye is no news`() throws {
        var table = try Tabletop.with([a, b])
        #expect(table.hear(.refresh(a.refresh(1, .left)), from: b).changes(of: a) == [.left])
        let reborn = try Player("a", number: 11, boot: 99)
        #expect(table.hear(.full(reborn.full(2, .left)), from: b).changes(of: a) == [])
        #expect(table.state(of: a) == .left)
        // It counts all the same: what is older revives nobody.
        #expect(table.hear(.full(reborn.full(2)), from: b).changes(of: a) == [])
        #expect(table.hear(.full(reborn.full(3)), from: b).changes(of: a) == [])
        let third = try Player("a", number: 11, boot: 100)
        #expect(table.hear(.full(third.full(4)), from: b).changes(of: a) == [.joined])
    }

    @Test func `two members may use one address after another`() throws {
        var table = try Tabletop.with([a])
        table.hear(.refresh(a.refresh(1, .left)), from: a)
        let heir = try Player("heir", number: 11 + 64)
        #expect(table.introduce(heir).changes(of: heir) == [.joined])
        #expect(table.state(of: a) == .left)
    }

    @Test func `the digest does not depend on the order of news`() throws {
        var one = try Tabletop()
        one.introduce(a)
        one.introduce(b)
        one.hear(.refresh(a.refresh(4)), from: b)
        var other = try Tabletop()
        other.introduce(b)
        other.hear(.full(a.full(4)), from: b)
        #expect(one.node.viewDigest == other.node.viewDigest)
    }

    @Test func `a suspect counts as alive in the digest`() throws {
        var table = try Tabletop.with([a, b])
        let before = table.node.viewDigest
        table.hear(.suspect(a.suspects(b)), from: a)
        #expect(table.state(of: b) == .suspect)
        #expect(table.node.viewDigest == before)
    }

    @Test func `a user message is delivered once and passed on`() throws {
        var table = try Tabletop.with([a, b])
        table.wait(.seconds(1))
        let sequence = 1 << 32 | 5 as UInt64
        let text = SignedText.user(
            origin: a.id, sequence: sequence, applicationType: 1, payload: [1, 2])
        let message = UserStatement(
            origin: a.id, sequence: sequence, timeToLive: 3, applicationType: 1, payload: [1, 2],
            signature: a.authenticator.sign(text))
        func deliveries(_ effects: [Effect]) -> Int {
            effects.count { if case .notify(.userMessage) = $0 { true } else { false } }
        }
        #expect(deliveries(table.hear(.user(message), from: b)) == 1)
        #expect(deliveries(table.hear(.user(message), from: a)) == 0)
        var passedOn = message
        passedOn.timeToLive = 2
        #expect(table.wait(.milliseconds(30)).items(to: b).contains(.user(passedOn)))
    }

    @Test func `a forgotten member is not listed but cannot be revived by old rumors`() throws {
        var table = try Tabletop.with([a, b])
        table.hear(.refresh(a.refresh(1, .left)), from: b)
        _ = table.node.handle(.forget(a.id), at: table.now)
        #expect(table.state(of: a) == nil)
        table.hear(.full(a.full(1)), from: b)
        #expect(table.state(of: a) == nil)
    }

    @Test func `a table that is full takes in nobody else`() throws {
        var configuration = CoreConfiguration.lan
        configuration.memberLimit = 3
        var table = try Tabletop(configuration)
        for number in 30..<40 as Range<UInt8> {
            table.introduce(try Player("p\(number)", number: number))
        }
        #expect(table.node.viewDigest.members == 3)
        #expect(table.node.counters[.tableFull] == 8)
    }

    @Test func `farewells of unknown members take the places of tombstones and no others`() throws {
        var configuration = CoreConfiguration.lan
        configuration.memberLimit = 8
        configuration.tombstoneLimit = 4
        var table = try Tabletop(configuration)
        table.introduce(a)
        for number in 30..<60 as Range<UInt8> {
            table.hear(.full(try Player("p\(number)", number: number).full(1, .left)), from: a)
            table.wait(.milliseconds(1))
        }
        #expect(table.node.counters[.tableFull] == 26)
        let effects = table.introduce(b)
        #expect(table.state(of: b) == .alive)
        #expect(effects.changes.filter { $0.kind == .removed }.isEmpty)
        #expect(table.state(of: try Player("p33", number: 33)) == .left)
        #expect(table.state(of: try Player("p34", number: 34)) == nil)
    }

    @Test func `who comes back under our identity while we live is met with the next incarnation`()
        throws
    {
        var table = try Tabletop.with([a])
        let double = try Player("own", number: 1, boot: 77)
        table.hear(.full(double.full(9)), from: a)
        #expect(table.node.ownRecord.incarnation.number == 10)
        #expect(table.node.ownRecord.boot == table.own.boot)
    }

    @Test func `nobody else raises our incarnation: not in our name without our signature`() throws
    {
        var table = try Tabletop.with([a])
        var record = table.own.full(1_000)
        record.signature = a.full().signature
        var refresh = table.own.refresh(1_000)
        refresh.signature = a.full().signature
        table.hear(.full(record), .refresh(refresh), from: a)
        #expect(table.node.ownRecord.incarnation == .first)
        #expect(table.node.counters[.badSignature] == 2)
    }

    @Test func `nobody else raises our incarnation: not by accusing one that we never had`() throws
    {
        var table = try Tabletop.with([a, b])
        table.hear(
            .suspect(a.suspects(table.own, 1_000)), .dead(table.own.dead(1_000, by: [a])), from: a)
        #expect(table.node.ownRecord.incarnation == .first)
        #expect(table.node.counters[.aheadOfUs] == 2)
        #expect(table.node.localHealth == 0)
    }

    @Test func `a statement that we have signed, ahead of us, is outbid`() throws {
        var table = try Tabletop.with([a])
        table.hear(.refresh(table.own.refresh(7)), from: a)
        #expect(table.node.ownRecord.incarnation.number == 8)
        table.hear(.full(table.own.full(20)), from: a)
        #expect(table.node.ownRecord.incarnation.number == 21)
    }
}

extension [Effect] {
    var openedStream: StreamID? {
        for case .openStream(let stream, _, _, _) in self { return stream }
        return nil
    }

    var identityConflict: Bool {
        contains { if case .notify(.identityInUse) = $0 { true } else { false } }
    }
}
