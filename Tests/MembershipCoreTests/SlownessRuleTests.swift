import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Who was slow lately is given longer; who is slow itself says so.
@Suite struct SlownessRuleTests {
    let a, b, c, d, target: Player

    init() throws {
        a = try Player("a", number: 11)
        b = try Player("b", number: 12)
        c = try Player("c", number: 13)
        d = try Player("d", number: 14)
        target = try Player("target", number: 20)
    }

    private func degraded(_ player: Player, _ number: UInt64 = 1, counter: UInt32 = 1)
        -> DegradedStatement
    {
        let incarnation = Incarnation(number) ?? .first
        let text = SignedText.degraded(member: player.id, incarnation, counter: counter)
        return DegradedStatement(
            member: player.id, incarnation: incarnation, counter: counter,
            signature: player.authenticator.sign(text))
    }

    /// How long the target lives once three accuse it.
    private func life(of target: Player, in table: inout Tabletop) -> Duration {
        let start = table.now
        for accuser in [a, b, c] { table.hear(.suspect(accuser.suspects(target)), from: accuser) }
        while table.state(of: target) == .suspect, table.now - start < .seconds(20) {
            table.wait(.milliseconds(50), answering: [a, b, c, d])
        }
        return table.now - start
    }

    @Test func `a member that calls itself slow is given longer, and others are told`() throws {
        var table = try Tabletop.with([a, b, c, d, target])
        table.hear(.degraded(degraded(target)), from: a)
        let spread = table.wait(.milliseconds(30), answering: [a, b, c, d, target])
        #expect(spread.sent.flatMap(\.datagram.items).contains(.degraded(degraded(target))))
        #expect(life(of: target, in: &table) >= .seconds(8))
    }

    @Test func `slowness is forgotten after a minute, and with a new boot`() throws {
        var table = try Tabletop.with([a, b, c, d, target])
        table.hear(.degraded(degraded(target)), from: a)
        table.wait(.seconds(61), answering: [a, b, c, d, target])
        #expect(life(of: target, in: &table) < .seconds(3))

        var other = try Tabletop.with([a, b, c, d, target])
        other.hear(.degraded(degraded(target)), from: a)
        let reborn = try Player("target", number: 20, boot: 21)
        other.hear(.full(reborn.full(2)), from: a)
        let start = other.now
        for accuser in [a, b, c] {
            other.hear(.suspect(accuser.suspects(reborn, 2)), from: accuser)
        }
        while other.state(of: reborn) == .suspect {
            other.wait(.milliseconds(50), answering: [a, b, c, d])
        }
        #expect(other.now - start < .seconds(3))
    }

    @Test func `slowness must be signed by the slow one, be news, and be of this life`() throws {
        var table = try Tabletop.with([a, b, c, d, target])
        var forged = degraded(target)
        forged.signature = degraded(a).signature
        table.hear(.degraded(forged), from: a)
        #expect(table.node.counters[.badSignature] == 1)
        table.hear(.refresh(target.refresh(5)), from: a)
        table.hear(.degraded(degraded(target, 3)), from: a)
        #expect(table.node.counters[.staleStatement] == 1)
        table.hear(.degraded(degraded(target, 4, counter: 2)), from: a)
        table.wait(.seconds(2), answering: [a, b, c, d, target])
        let again = table.hear(.degraded(degraded(target, 4, counter: 2)), from: b)
        let repeated = again + table.wait(.milliseconds(1))
        #expect(
            !repeated.sent.flatMap(\.datagram.items).contains(
                .degraded(degraded(target, 4, counter: 2))))
    }

    @Test func `who refutes late, or comes back from the dead, is slow`() throws {
        var late = try Tabletop.with([a, b, c, d, target])
        for accuser in [a, b, c] { late.hear(.suspect(accuser.suspects(target)), from: accuser) }
        late.wait(.milliseconds(1_500), answering: [a, b, c, d])
        late.hear(.refresh(target.refresh(2)), from: a)
        let start = late.now
        for accuser in [a, b, c] { late.hear(.suspect(accuser.suspects(target, 2)), from: accuser) }
        while late.state(of: target) == .suspect {
            late.wait(.milliseconds(50), answering: [a, b, c, d])
        }
        #expect(late.now - start >= .seconds(8))

        var prompt = try Tabletop.with([a, b, c, d, target])
        prompt.hear(.suspect(a.suspects(target)), from: a)
        prompt.wait(.milliseconds(20), answering: [a, b, c, d])
        prompt.hear(.refresh(target.refresh(2)), from: a)
        let again = prompt.now
        for accuser in [a, b, c] {
            prompt.hear(.suspect(accuser.suspects(target, 2)), from: accuser)
        }
        while prompt.state(of: target) == .suspect {
            prompt.wait(.milliseconds(50), answering: [a, b, c, d])
        }
        #expect(prompt.now - again < .seconds(3))
    }

    @Test func `who has overslept tells the others, at most every 30 s`() throws {
        var table = try Tabletop.with([a, b, c, d])
        func statements(_ effects: [Effect]) -> Set<UInt32> {
            Set(
                effects.sent.flatMap(\.datagram.items).compactMap {
                    if case .degraded(let said) = $0 { said.counter } else { nil }
                })
        }
        var effects: [Effect] = []
        for _ in 0..<3 {
            effects += table.oversleep(.seconds(2))
            effects += table.wait(.seconds(3), answering: [a, b, c, d])
        }
        #expect(statements(effects) == [1])
        table.wait(.seconds(30), answering: [a, b, c, d])
        effects = table.oversleep(.seconds(2)) + table.wait(.seconds(1), answering: [a, b, c, d])
        #expect(statements(effects) == [2])
    }

    @Test func `a verdict waits until somebody has answered us since the final check`() throws {
        var table = try Tabletop.with([a, b, c, d, target])
        for accuser in [a, b, c] { table.hear(.suspect(accuser.suspects(target)), from: accuser) }
        table.wait(.seconds(6))
        #expect(table.state(of: target) == .suspect, "nobody has answered: perhaps we are deaf")
        table.wait(.seconds(3), answering: [a, b, c, d])
        #expect(table.state(of: target) == .dead)
    }

    @Test func `a voice that comes after the final check does not cut it short`() throws {
        var table = try Tabletop.with([a, b, c, d, target])
        for accuser in [a, b, c] { table.hear(.suspect(accuser.suspects(target)), from: accuser) }
        var effects: [Effect] = []
        while !effects.sent.contains(where: { $0.datagram.body == .gossip(isFinalCheck: true) }) {
            effects = table.wait(.milliseconds(1), answering: [a, b, c, d])
        }
        table.hear(.suspect(d.suspects(target)), from: d)
        table.wait(.milliseconds(10), answering: [a, b, c, d])
        #expect(table.state(of: target) == .suspect)
    }
}
