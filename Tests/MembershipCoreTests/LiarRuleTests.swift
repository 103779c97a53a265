import MembershipWire
import Testing

@testable import MembershipCore

/// What a member that lies gains by it: little, and its own signature against it.
struct LiarRuleTests {
    let players: [Player]
    var liar: Player { players[0] }
    var victim: Player { players[1] }

    init() throws {
        players = try (1...8).map { try Player("m\($0)", number: UInt8(10 + $0)) }
    }

    /// The liar accuses the victim, which refutes and answers: once for each incarnation in `rounds`.
    private func accuse(_ table: inout Tabletop, _ rounds: ClosedRange<UInt64>) {
        for round in rounds {
            accuse(&table, victim, by: liar, round)
        }
    }

    private func accuse(
        _ table: inout Tabletop, _ accused: Player, by accuser: Player, _ round: UInt64
    ) {
        let effects = table.hear(.suspect(accuser.suspects(accused, round)), from: accuser)
        table.acknowledge(effects, by: accused)
        let looks = table.hear(.refresh(accused.refresh(round + 1)), from: accused)
        table.acknowledge(looks, by: accused)
    }

    // MARK: Accusers that are refuted

    @Test func `who was refuted three times in ten minutes accuses in vain for ten minutes`() throws
    {
        var table = try Tabletop.with(players)
        accuse(&table, 1...3)
        table.hear(.suspect(liar.suspects(victim, 4)), from: liar)
        #expect(table.state(of: victim) == .alive)
        #expect(table.node.counters[.discountedAccuser] == 1)
        // Others are believed as before.
        table.hear(.suspect(players[2].suspects(victim, 4)), from: players[2])
        #expect(table.state(of: victim) == .suspect)
        table.hear(.refresh(victim.refresh(5)), from: victim)
        table.wait(.seconds(601), answering: players)
        table.hear(.suspect(liar.suspects(victim, 5)), from: liar)
        #expect(table.state(of: victim) == .suspect)
    }

    @Test func `two refutations, or three over a longer time, are bad luck`() throws {
        var table = try Tabletop.with(players)
        accuse(&table, 1...2)
        table.wait(.seconds(601), answering: players)
        accuse(&table, 3...3)
        table.hear(.suspect(liar.suspects(victim, 4)), from: liar)
        #expect(table.state(of: victim) == .suspect)
        #expect(table.node.counters[.discountedAccuser] == 0)
    }

    @Test func `a verdict on the word of a discounted accuser alone proves nothing`() throws {
        var table = try Tabletop.with(players)
        accuse(&table, 1...3)
        table.hear(.suspect(players[2].suspects(victim, 4)), from: players[2])
        table.hear(.dead(victim.dead(4, by: [liar])), from: liar)
        #expect(table.state(of: victim) == .suspect)
        #expect(table.node.counters[.unprovenDeath] == 1)
    }

    @Test func `where many are refuted it is the network, and all are heard`() throws {
        var table = try Tabletop.with(players)
        var round: UInt64 = 0
        for accuser in [players[2], players[3], players[4]] {
            for _ in 0..<3 {
                round += 1
                accuse(&table, victim, by: accuser, round)
            }
        }
        table.hear(.suspect(players[2].suspects(victim, round + 1)), from: players[2])
        #expect(table.state(of: victim) == .suspect)
    }

    @Test func `a restart of the accused refutes nobody`() throws {
        var table = try Tabletop.with(players)
        for boot in 1...3 as ClosedRange<UInt8> {
            let next = try Player("m2", number: 12, boot: 100 + boot)
            let current = boot == 1 ? victim : try Player("m2", number: 12, boot: 99 + boot)
            table.hear(.suspect(liar.suspects(current, UInt64(boot))), from: liar)
            #expect(table.state(of: victim) == .suspect)
            table.hear(.full(next.full(UInt64(boot) + 1)), from: players[3])
        }
        let last = try Player("m2", number: 12, boot: 103)
        table.hear(.suspect(liar.suspects(last, 4)), from: liar)
        #expect(table.state(of: victim) == .suspect)
    }

    @Test func `one liar among three is discounted, too`() throws {
        var table = try Tabletop.with([liar, victim])
        accuse(&table, 1...3)
        table.hear(.suspect(liar.suspects(victim, 4)), from: liar)
        #expect(table.state(of: victim) == .alive)
        #expect(table.node.counters[.discountedAccuser] == 1)
    }

    @Test func `accusers that are gone give a liar no voice`() throws {
        var table = try Tabletop.with(players)
        let gone = [players[2], players[3], players[4]]
        var round: UInt64 = 0
        for accuser in gone + [liar] {
            for _ in 0..<3 {
                round += 1
                accuse(&table, victim, by: accuser, round)
            }
        }
        // Four of nine are discounted, but only one of the six that remain.
        for player in gone { table.hear(.refresh(player.refresh(2, .left)), from: player) }
        table.hear(.suspect(liar.suspects(victim, round + 1)), from: liar)
        #expect(table.state(of: victim) == .alive)
    }

    @Test func `whose verdict is refuted is discounted like an accuser`() throws {
        var table = try Tabletop.with(players)
        for round in 1...3 as ClosedRange<UInt64> {
            table.hear(.suspect(liar.suspects(victim, round)), from: liar)
            table.wait(.seconds(5), answering: players.filter { $0.id != victim.id })
            table.hear(.dead(victim.dead(round, by: [liar])), from: liar)
            #expect(table.state(of: victim) == .dead)
            let looks = table.hear(.refresh(victim.refresh(round + 1)), from: victim)
            table.acknowledge(looks, by: victim)
            #expect(table.state(of: victim) == .alive)
        }
        table.hear(.suspect(liar.suspects(victim, 4)), from: liar)
        #expect(table.state(of: victim) == .alive)
        #expect(table.node.counters[.discountedAccuser] == 1)
    }

    @Test func `an accusation and a verdict in one breath bury nobody`() throws {
        var table = try Tabletop.with(players)
        for round in 1...3 as ClosedRange<UInt64> {
            var effects: [Effect] = []
            for _ in 0..<3 {
                effects += table.hear(
                    .suspect(liar.suspects(victim, round)), .dead(victim.dead(round, by: [liar])),
                    from: liar)
                #expect(effects.changes(of: victim).allSatisfy { $0 == .suspected })
            }
            effects += table.hear(.refresh(victim.refresh(round + 1)), from: victim)
            table.acknowledge(effects, by: victim)
        }
        // By now nobody listens.
        table.hear(
            .suspect(liar.suspects(victim, 4)), .dead(victim.dead(4, by: [liar])), from: liar)
        #expect(table.state(of: victim) == .alive)
        #expect(table.node.counters[.discountedAccuser] == 2)
    }

    @Test func `a verdict that nobody has signed for is no hearsay, either`() throws {
        var table = try Tabletop.with(players)
        var forged = victim.dead(by: [players[2]])
        forged.accusations[0].signature = liar.accusation(of: victim).signature
        for verdict in [victim.dead(by: []), forged] {
            let effects = table.hear(.dead(verdict), from: liar)
            #expect(effects.sends.isEmpty)
        }
        #expect(table.state(of: victim) == .alive)
        #expect(table.node.counters[.unprovenDeath] == 2)
    }

    @Test func `who plays dead and refutes silences its accusers against itself alone`() throws {
        var table = try Tabletop.with(players)
        table.wait(.seconds(30), answering: players)
        let honest = players[2]
        for round in 1...3 as ClosedRange<UInt64> {
            accuse(&table, liar, by: honest, round)
        }
        table.hear(.suspect(honest.suspects(liar, 4)), from: honest)
        #expect(table.state(of: liar) == .alive)
        #expect(table.node.counters[.discountedAccuser] == 1)
        table.hear(.suspect(honest.suspects(victim)), from: honest)
        #expect(table.state(of: victim) == .suspect)
        // Two who refute the same voice are believed about everybody.
        table.hear(.refresh(victim.refresh(2)), from: victim)
        table.hear(.suspect(honest.suspects(players[3])), from: honest)
        #expect(table.state(of: players[3]) == .alive)
    }

    @Test func `claims about us raise our incarnation five times a second and no more`() throws {
        var table = try Tabletop.with(players)
        let own = table.own
        for _ in 0..<50 {
            let present = table.node.ownRecord.incarnation.number
            table.hear(.dead(own.dead(present, by: [liar])), from: liar)
            table.wait(.milliseconds(20))
        }
        // One at once, and one each fifth of a second.
        #expect((6...7).contains(table.node.ownRecord.incarnation.number))
        // What was claimed last has its answer in the end.
        let last = table.node.ownRecord.incarnation.number
        table.hear(.suspect(liar.suspects(own, last)), from: liar)
        table.hear(.suspect(liar.suspects(own, last)), from: liar)
        table.wait(.milliseconds(250))
        #expect(table.node.ownRecord.incarnation.number == last + 1)
    }

    @Test func `a member that always shows another view keeps nobody else from being compared`()
        throws
    {
        var table = try Tabletop.with(players)
        var called: [Endpoint] = []
        for round in 0..<400 as Range<UInt64> {
            let lie = ViewDigest(members: 9, hash: round + 1, keyringHash: 0)
            var effects = table.receive(
                Datagram(.heartbeat(isIntroduction: false), [.view(lie)]), from: liar)
            if round % 10 == 5 {
                let other = ViewDigest(members: 9, hash: 7, keyringHash: 0)
                effects += table.receive(
                    Datagram(.heartbeat(isIntroduction: false), [.view(other)]), from: victim)
            }
            effects += table.wait(.milliseconds(100), answering: players)
            called += effects.compactMap {
                if case .openStream(_, let endpoint, _, _) = $0 { endpoint } else { nil }
            }
        }
        #expect(called.contains(victim.identity.endpoint))
        #expect(called.filter { $0 == liar.identity.endpoint }.count < 10)
    }

    // MARK: Two statements

    @Test func `two statements under one incarnation are kept as evidence and told once`() throws {
        var table = try Tabletop.with(players)
        let other = try Player("m1", number: 11, metadata: [1])
        let effects = table.hear(.full(other.full()), from: players[3])
        let told = effects.compactMap {
            if case .notify(.equivocation(let evidence)) = $0 { evidence } else { nil }
        }
        #expect(told.map(\.first) == [liar.full()])
        #expect(told.map(\.second) == [other.full()])
        #expect(table.node.equivocations[liar.id]?.second == other.full())
        table.hear(.full(other.full()), from: players[4])
        table.hear(.full(try Player("m1", number: 11, metadata: [2]).full()), from: players[4])
        #expect(table.node.counters[.equivocation] == 1)
    }

    @Test func `nobody can make up the contradiction of another`() throws {
        var table = try Tabletop.with(players)
        var forged = try Player("m1", number: 11, metadata: [1]).full()
        forged.signature = victim.full().signature
        table.hear(.full(forged), from: victim)
        #expect(table.node.equivocations.isEmpty)
        #expect(table.node.counters[.badSignature] > 0)
    }

    @Test func `a farewell and a higher incarnation contradict nothing`() throws {
        var table = try Tabletop.with(players)
        let changed = try Player("m1", number: 11, metadata: [1])
        table.hear(.full(changed.full(2)), from: players[3])
        table.hear(.full(changed.full(2, .left)), from: players[3])
        table.hear(.full(liar.full(1)), from: players[3])
        #expect(table.node.equivocations.isEmpty)
    }

    @Test func `the contradiction of one more member is told, however many there are`() throws {
        var table = try Tabletop.with(players)
        var told = 0
        for number in 1...70 as ClosedRange<UInt8> {
            let name = "x\(number)"
            let first = try Player(name, number: 100 + number)
            let second = try Player(name, number: 100 + number, metadata: [1])
            let effects = table.hear(
                .full(first.full()), .full(second.full()), from: players[Int(number) % 8])
            told +=
                effects.filter { if case .notify(.equivocation) = $0 { true } else { false } }
                .count
        }
        #expect(told == 70)
        #expect(table.node.counters[.equivocation] == 70)
        #expect(table.node.equivocations.count == 64)
    }

    @Test func `the proof of a contradiction can be read again by anybody`() throws {
        let other = try Player("m1", number: 11, metadata: [1])
        let evidence = Equivocation(first: liar.full(), second: other.full())
        let read = try MessageCodec.decode(stream: evidence.proof)
        #expect(
            read
                == .peers(
                    .init(total: 2, index: 0, items: [.full(liar.full()), .full(other.full())])))
    }

    // MARK: Addresses and boots of others

    @Test func `a record with a living member's boot is refused`() throws {
        var table = try Tabletop.with([victim])
        let thief = try Player("thief", number: 77, boot: 12)
        #expect(thief.boot == victim.boot)
        table.hear(.full(thief.full()), from: victim)
        #expect(table.state(of: thief) == nil)
        #expect(table.node.counters[.foreignBoot] == 1)
    }

    @Test
    func `an address that nobody has been heard from is sent eight frames, then one a second`()
        throws
    {
        var table = try Tabletop.with([liar])
        let heartbeat = Datagram(.heartbeat(isIntroduction: false), [.view(.empty)])
        let elsewhere = Endpoint(.v4(0x0A00_00FE), port: 9)
        func answers(_ count: Int) -> Int {
            (0..<count).reduce(0) { sum, _ in
                sum + table.receive(heartbeat, from: liar, source: elsewhere).sends.count
            }
        }
        // One went to answer the introduction.
        #expect(answers(20) == 7)
        #expect(table.node.counters[.unprovenAddress] == 13)
        // Of what a period brings by itself, too, only one a second goes out.
        let sent = table.wait(.seconds(5)).sends.count
        #expect(sent <= 5)
        // A frame from the very address proves it.
        #expect(!table.receive(heartbeat, from: liar).sends.isEmpty)
        #expect(answers(20) >= 20)
    }

    @Test func `a member that moves must be heard from at its new address`() throws {
        var table = try Tabletop.with([liar])
        let heartbeat = Datagram(.heartbeat(isIntroduction: false), [.view(.empty)])
        table.receive(heartbeat, from: liar)
        let moved = try Player("m1", number: 11, address: 0x0A00_00FE)
        let old = liar.identity.endpoint
        table.receive(
            Datagram(.gossip(isFinalCheck: false), [.full(moved.full(2))]), from: liar, source: old)
        let answered = (0..<20).filter { _ in
            !table.receive(heartbeat, from: moved, source: old).sends.isEmpty
        }
        #expect(answered.count == 8)
    }

    @Test func `one address is sent little however many members and boots state it`() throws {
        var table = try Tabletop.with([])
        let elsewhere = Endpoint(.v4(0x0A00_00FE), port: 9)
        var sent = 0
        for boot in 100...139 as ClosedRange<UInt8> {
            let next = try Player("m\(boot)", number: boot, boot: boot, address: 0x0A00_00FD)
            let introduced = table.receive(
                Datagram(
                    .heartbeat(isIntroduction: true),
                    [.full(next.full(UInt64(boot))), .view(.empty)]),
                from: next, source: elsewhere)
            sent += introduced.sends.count
            for _ in 0..<10 {
                sent +=
                    table.receive(
                        Datagram(.heartbeat(isIntroduction: false), [.view(.empty)]), from: next,
                        source: elsewhere
                    ).sends.count
            }
        }
        #expect(sent > 0)
        #expect(sent <= 9)
        #expect(table.node.counters[.unprovenAddress] > 300)
    }

    @Test func `calls by stream to an unproven address are counted with its frames`() throws {
        var table = try Tabletop.with(players)
        let ghosts = try (60...99).map {
            try Player("g\($0)", number: $0, address: 0x0A00_00FD)
        }
        let foreign = ghosts[0].identity.endpoint
        var effects: [Effect] = []
        for ghost in ghosts { effects += table.hear(.full(ghost.full()), from: players[3]) }
        let second = 20
        for number in 2...UInt64(second + 1) {
            for ghost in ghosts {
                effects += table.hear(.refresh(ghost.refresh(number)), from: players[3])
            }
            effects += table.wait(.seconds(1), answering: players)
        }
        let calls = effects.filter {
            if case .openStream(_, foreign, _, _) = $0 { true } else { false }
        }
        let frames = effects.filter {
            if case .send(_, _, let to) = $0 { to.endpoint == foreign } else { false }
        }
        #expect(!calls.isEmpty)
        #expect(calls.count + frames.count <= 8 + second + 1)
    }

    @Test func `an answer to a call proves the address that was called`() throws {
        var table = try Tabletop.with([liar])
        let silent = try Player("silent", number: 70)
        table.hear(.full(silent.full()), from: liar)
        var calls: [StreamID] = []
        for _ in 0..<80 where calls.isEmpty {
            calls = table.wait(.milliseconds(100), answering: [liar]).compactMap { effect in
                guard case .openStream(let id, silent.identity.endpoint, _, _) = effect else {
                    return nil
                }
                return id
            }
        }
        let call = try #require(calls.first)
        #expect(!table.node.view[contact: silent.id].address.isProven(silent.identity.endpoint))
        _ = table.node.handle(
            .stream(
                call,
                .received(
                    .helloAck(silent.full(), .empty), remoteBoot: silent.identity.bootKey)),
            at: table.now)
        #expect(table.node.view[contact: silent.id].address.isProven(silent.identity.endpoint))
    }

    @Test func `a thousand addresses on trial leave one measure for the rest`() throws {
        var trials = AddressTrials(.lan)
        func address(_ number: Int) -> Endpoint {
            Endpoint(.v4(0x0A00_0000 | UInt32(number)), port: 9)
        }
        let start = ClusterInstant.origin
        func admitted(_ numbers: Range<Int>, at now: ClusterInstant) -> Int {
            var count = 0
            for number in numbers where trials.admits(address(number), at: now) { count += 1 }
            return count
        }
        #expect(admitted(1..<1_025, at: start) == 1_024)
        #expect(admitted(2_000..<2_500, at: start) == 8)
        // Those that had a measure keep it, and eight seconds later there is room again.
        #expect(admitted(1..<2, at: start) == 1)
        #expect(admitted(2_000..<2_500, at: start + .seconds(8)) == 500)
    }
}
