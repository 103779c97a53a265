import MembershipWire
import Testing

@testable import MembershipCore

/// A statement shows an identity, only an answer shows a process: members that refute and never answer.
@Suite struct AnswerRuleTests {
    let players: [Player]
    var ghost: Player { players[0] }
    var others: [Player] { Array(players[1...]) }

    init() throws {
        players = try (1...8).map { try Player("m\($0)", number: UInt8(10 + $0)) }
    }

    /// Another member accuses it, and it states the next incarnation: without an answer.
    @discardableResult
    private func refute(_ round: UInt64, in table: inout Tabletop) -> [Effect] {
        let accuser = others[Int(round) % others.count]
        return table.hear(.suspect(accuser.suspects(ghost, round)), from: accuser)
            + table.hear(.refresh(ghost.refresh(round + 1)), from: ghost)
    }

    /// Three members accuse it of this incarnation, and nothing comes back: for as long as a member gets that
    /// has come back from the dead.
    private func bury(_ round: UInt64, in table: inout Tabletop) {
        for accuser in players[1...3] {
            table.hear(.suspect(accuser.suspects(ghost, round)), from: accuser)
        }
        table.wait(.seconds(10), answering: others)
    }

    // MARK: Suspicions

    @Test func `the word of a member that does not answer ends two suspicions and no third`() throws
    {
        var table = try Tabletop.with(players)
        for round in 1...2 as ClosedRange<UInt64> {
            #expect(refute(round, in: &table).changes(of: ghost) == [.suspected, .recovered])
        }
        #expect(refute(3, in: &table).changes(of: ghost) == [.suspected])
        let status = table.node.status(of: ghost.id, at: table.now)
        #expect(status?.state == .suspect)
        #expect(status?.record.incarnation == Incarnation(4))
        // However often it says so, its deadline stays: one accuser, eight seconds.
        for round in 4..<40 as Range<UInt64> {
            table.wait(.milliseconds(200), answering: others)
            table.hear(.refresh(ghost.refresh(round + 1)), from: ghost)
        }
        #expect(table.state(of: ghost) == .suspect)
        table.wait(.milliseconds(1_400), answering: others)
        #expect(table.state(of: ghost) == .dead)
    }

    @Test func `an answer gives a member its word back`() throws {
        var table = try Tabletop.with(players)
        var looks: [Effect] = []
        for round in 1...3 as ClosedRange<UInt64> { looks += refute(round, in: &table) }
        #expect(looks.heartbeats.contains { $0.to == ghost.boot })
        #expect(table.acknowledge(looks, by: ghost).changes(of: ghost) == [.recovered])
        for round in 4...5 as ClosedRange<UInt64> {
            #expect(refute(round, in: &table).changes(of: ghost) == [.suspected, .recovered])
        }
    }

    @Test func `a member whose word is spent is shown its accusation no more`() throws {
        var table = try Tabletop.with(players)
        for round in 1...3 as ClosedRange<UInt64> { refute(round, in: &table) }
        let effects = table.receive(
            Datagram(.heartbeat(isIntroduction: false), [.view(.empty)]), from: ghost)
        #expect(!effects.items(to: ghost).contains { $0.accused != nil })
    }

    @Test func `a restart ends a suspicion whatever the former life has said`() throws {
        var table = try Tabletop.with(players)
        for round in 1...3 as ClosedRange<UInt64> { refute(round, in: &table) }
        let next = try Player("m1", number: 11, boot: 99)
        table.hear(.full(next.full(9)), from: players[1])
        #expect(table.state(of: ghost) == .alive)
    }

    @Test func `a member that states many incarnations cannot end our probe of it`() throws {
        var table = try Tabletop.with([ghost])
        var effects: [Effect] = []
        for round in 1..<60 as Range<UInt64> {
            effects += table.wait(.milliseconds(50))
            table.hear(.refresh(ghost.refresh(round + 1)), from: ghost)
        }
        #expect(effects.changes(of: ghost).contains(.suspected))
    }

    // MARK: New members

    @Test func `where a new member answers no probe, two others that are new are probed at once`()
        throws
    {
        var table = try Tabletop.with(players)
        for _ in 0..<5_000 {
            let effects = table.wait(.milliseconds(1))
            guard players.contains(where: { effects.changes(of: $0).contains(.suspected) }) else {
                continue
            }
            #expect(Set(effects.heartbeats.map(\.to)).count >= 2)
            return
        }
        Issue.record("no member was suspected")
    }

    @Test func `where a member that had answered is silent, no other is probed for it`() throws {
        var table = try Tabletop.with(players)
        table.wait(.seconds(30), answering: players)
        // Each is probed once in a round of the others.
        for _ in 0..<15_000 {
            let effects = table.wait(.milliseconds(1), answering: others)
            guard effects.changes(of: ghost).contains(.suspected) else { continue }
            #expect(effects.heartbeats.isEmpty)
            return
        }
        Issue.record("the silent member was not suspected")
    }

    // MARK: Deaths

    @Test func `a dead member comes back once by its word, and then only by an answer`() throws {
        var table = try Tabletop.with(players)
        bury(1, in: &table)
        #expect(table.state(of: ghost) == .dead)
        #expect(table.hear(.refresh(ghost.refresh(2)), from: ghost).changes(of: ghost) == [.joined])
        bury(2, in: &table)
        #expect(table.state(of: ghost) == .dead)
        let claim = table.hear(.refresh(ghost.refresh(3)), from: ghost)
        #expect(claim.changes.isEmpty)
        #expect(table.node.counters[.unansweredClaim] == 1)
        // It is told the incarnation that we hold, and nothing newer.
        #expect(claim.items(to: ghost).contains { $0.accused?.1 == Incarnation(2) })
        let back = table.acknowledge(claim, by: ghost)
        #expect(back.changes(of: ghost) == [.joined])
        #expect(
            table.node.status(of: ghost.id, at: table.now)?.record.incarnation == Incarnation(3))
    }

    @Test
    func
        `a dead member that is not believed is probed by relays and by TCP, and accused of nothing`()
        throws
    {
        var table = try Tabletop.with(players)
        bury(1, in: &table)
        table.hear(.refresh(ghost.refresh(2)), from: ghost)
        bury(2, in: &table)
        var effects = table.hear(.refresh(ghost.refresh(3)), from: ghost)
        effects += table.wait(.seconds(2), answering: others)
        #expect(
            effects.sent.contains {
                if case .relayHeartbeat(ghost.id, _, _) = $0.datagram.body { true } else { false }
            })
        #expect(
            effects.contains {
                if case .openStream(_, ghost.identity.endpoint, _, _) = $0 { true } else { false }
            })
        #expect(effects.changes(of: ghost).isEmpty)
        #expect(table.state(of: ghost) == .dead)
    }

    @Test func `a dead member that answers is believed though its word was spent`() throws {
        var table = try Tabletop.with(players)
        bury(1, in: &table)
        table.hear(.refresh(ghost.refresh(2)), from: ghost)
        bury(2, in: &table)
        // Now and then one of the dead is sent a heartbeat.
        table.wait(.seconds(900), answering: players)
        #expect(table.hear(.refresh(ghost.refresh(3)), from: ghost).changes(of: ghost) == [.joined])
    }

    // MARK: Fractions

    @Test func `quorums count members that answer`() throws {
        var table = try Tabletop.with(players)
        // All but two were suspected, refuted, and have not answered: four are counted, us included.
        for (place, player) in players[3...].enumerated() {
            let accuser = players[place % 2]
            table.hear(.suspect(accuser.suspects(player)), from: accuser)
            table.hear(.refresh(player.refresh(2)), from: player)
        }
        #expect(table.node.view.table.countedCount == 4)
        #expect(table.node.view.table.livingCount == 9)
        // So two accusers are a quorum.
        for accuser in players[1...2] {
            table.hear(.suspect(accuser.suspects(ghost)), from: accuser)
        }
        #expect(table.state(of: ghost) == .suspect)
        table.wait(.milliseconds(2_700), answering: Array(players[1...2]))
        #expect(table.state(of: ghost) == .dead)
    }

    @Test func `one target of news in six is a member that does not answer`() throws {
        var table = try Tabletop.with(players)
        for (place, player) in players[2...].enumerated() {
            let accuser = players[place % 2]
            table.hear(.suspect(accuser.suspects(player)), from: accuser)
            table.hear(.refresh(player.refresh(2)), from: player)
        }
        table.wait(.seconds(2), answering: Array(players[...1]))
        let answering = Set(players[...1].map(\.boot))
        _ = table.node.handle(.broadcast(type: 1, payload: [1]), at: table.now)
        let wave = table.wait(.milliseconds(3)).sent.filter {
            $0.datagram.items.contains { if case .user = $0 { true } else { false } }
        }
        #expect(wave.count { answering.contains($0.to) } == 2)
        #expect(wave.count { !answering.contains($0.to) } <= 1)
    }

    // MARK: Newcomers

    @Test func `one teller brings 64 unknown members at once, and then five a second`() throws {
        var table = try Tabletop.with([ghost, players[1]])
        let unknown = try (0..<100).map {
            try Player("x\($0)", number: UInt8(100 + $0), address: 0x0A01_0000 | UInt32($0))
        }
        for player in unknown { table.hear(.full(player.full()), from: ghost) }
        func known() -> Int { unknown.count { table.state(of: $0) != nil } }
        #expect(known() == 64)
        #expect(table.node.counters[.tooManyNewcomers] == 36)
        table.wait(.seconds(2), answering: unknown)
        for player in unknown { table.hear(.full(player.full()), from: ghost) }
        #expect(known() == 74)
        // Another teller has a measure of its own.
        for player in unknown { table.hear(.full(player.full()), from: players[1]) }
        #expect(known() == 100)
    }

    // MARK: Reports

    @Test func `a dead member that states that it lives and does not answer is named once`() throws
    {
        var table = try Tabletop.with(players)
        bury(1, in: &table)
        table.hear(.refresh(ghost.refresh(2)), from: ghost)
        bury(2, in: &table)
        var effects: [Effect] = []
        for round in 3...6 as ClosedRange<UInt64> {
            effects += table.hear(.refresh(ghost.refresh(round)), from: ghost)
            effects += table.wait(.seconds(4), answering: others)
        }
        let named = effects.compactMap {
            if case .notify(.uncallable(let record)) = $0 { record.id } else { nil }
        }
        #expect(named == [ghost.id])
    }

    private func reports(in effects: [Effect]) -> [[NodeID]] {
        effects.compactMap {
            if case .notify(.ownAddressUncallable(_, let by)) = $0 { by.map(\.id) } else { nil }
        }
    }

    @Test
    func
        `a node that is called dead, and hears no ack, reports that its address does not lead to it`()
        throws
    {
        var table = try Tabletop.with(players)
        func verdict() -> DeadStatement {
            let own = table.node.ownRecord
            return DeadStatement(
                target: own.id, corePrefix: own.coreHash.prefix, incarnation: own.incarnation,
                accusations: players[1...2].map { $0.accusation(of: table.own) }
                    .sorted { $0.accuser < $1.accuser })
        }
        table.wait(.seconds(5))
        let accusers = players[1...2].map(\.id).sorted()
        #expect(reports(in: table.hear(.dead(verdict()), from: players[1])) == [accusers])
        table.wait(.seconds(5))
        #expect(reports(in: table.hear(.dead(verdict()), from: players[1])).isEmpty)
        // A node whose heartbeats are answered was paused, say, and has no reason to doubt its address.
        var healthy = try Tabletop.with(players)
        healthy.wait(.seconds(5), answering: players)
        #expect(reports(in: healthy.hear(.dead(verdict()), from: players[1])).isEmpty)
        healthy.oversleep(.seconds(5))
        #expect(reports(in: healthy.hear(.dead(verdict()), from: players[1])).isEmpty)
    }
}
