import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// What a member can make us do: checks of signatures, changes, relayed heartbeats.
@Suite struct AccountTests {
    private let players: [Player]
    private let teller: Player
    private let origin: Player

    init() throws {
        players = try (11...16).map { try Player("m\($0)", number: $0) }
        teller = players[0]
        origin = players[1]
    }

    // MARK: False signatures

    @Test func `a member that passes on three false signatures is not read for a minute`() throws {
        var table = try Tabletop.with(players)
        for number in 1...3 as ClosedRange<UInt64> {
            table.hear(origin.message(number, isForged: true), from: teller)
        }
        #expect(table.node.counters[.badSignature] == 3)
        let checks = table.node.counters.checks
        #expect(table.hear(origin.message(4), from: teller).messages == 0)
        table.hear(.refresh(origin.refresh(2)), from: teller)
        #expect(table.node.counters.checks == checks)
        #expect(table.node.counters[.distrustedSender] == 2)
        // It is answered as before, and others are read.
        let heartbeat = Datagram(.heartbeat(isIntroduction: false), [.view(.empty)])
        #expect(!table.receive(heartbeat, from: teller).sent.isEmpty)
        #expect(table.hear(origin.message(4), from: players[2]).messages == 1)
        table.wait(.seconds(61), answering: players)
        #expect(table.hear(origin.message(5), from: teller).messages == 1)
    }

    @Test func `one false signature now and then convicts no member`() throws {
        var table = try Tabletop.with(players)
        for number in 1...6 as ClosedRange<UInt64> {
            table.hear(origin.message(number, isForged: true), from: teller)
            table.wait(.seconds(61), answering: players)
        }
        #expect(table.hear(origin.message(9), from: teller).messages == 1)
    }

    @Test func `a stream with a forged record counts as a false signature`() throws {
        var table = try Tabletop.with(players)
        var forged = origin.full(2)
        forged.signature = teller.full().signature
        for stream in [1, 3, 5] as [UInt64] {
            table.sync(from: teller, [.full(forged)], on: stream)
        }
        #expect(table.hear(origin.message(1), from: teller).messages == 0)
        #expect(table.node.counters[.distrustedSender] == 1)
    }

    // MARK: Measures

    @Test func `checks beyond the measure of a member are not made`() throws {
        var configuration = CoreConfiguration.lan
        configuration.checkBurst = 4
        var table = try Tabletop(configuration)
        for player in players { table.introduce(player) }
        // Those that have never answered have one measure together.
        table.wait(.seconds(10), answering: players)
        let messages = (1...10).map { origin.message($0) }
        let told = table.receive(Datagram(.gossip(isFinalCheck: false), messages), from: teller)
        #expect(told.messages == 4)
        #expect(table.node.counters[.tooManyChecks] == 6)
        // What is known already costs nothing, and others have a measure of their own.
        #expect(table.hear(origin.message(5), from: players[2]).messages == 1)
        table.wait(.milliseconds(10), answering: players)
        #expect(table.hear(origin.message(6), from: teller).messages == 1)
    }

    @Test func `news of a member that has left, or is dead, is not read`() throws {
        for isLeft in [true, false] {
            var table = try Tabletop.with(players)
            let others = players.filter { $0.id != teller.id }
            if isLeft {
                table.hear(.refresh(teller.refresh(1, .left)), from: teller)
            } else {
                table.hear(.suspect(origin.suspects(teller)), from: origin)
                table.wait(.seconds(30), answering: others)
                #expect(table.state(of: teller) == .dead)
            }
            #expect(table.hear(origin.message(1), from: teller).messages == 0)
            table.hear(.refresh(origin.refresh(2)), from: teller)
            #expect(table.node.status(of: origin.id, at: table.now)?.record.incarnation.number == 1)
            #expect(table.node.counters[.senderNotLiving] == 2)
            // What it holds against us is answered, and it can refute.
            let incarnation = table.node.ownRecord.incarnation
            table.hear(.suspect(teller.suspects(table.own)), from: teller)
            #expect(table.node.ownRecord.incarnation > incarnation)
            guard !isLeft else { continue }
            table.hear(.refresh(teller.refresh(2)), origin.message(1), from: teller)
            #expect(table.state(of: teller) == .alive)
        }
    }

    @Test func `of a hundred statements in a second some are taken in, and the last one`() throws {
        var table = try Tabletop.with(players)
        var notices = 0
        for number in 2...101 as ClosedRange<UInt64> {
            let changed = try Player("m12", number: 12, metadata: [UInt8(number)])
            notices +=
                table.hear(.full(changed.full(number)), from: origin)
                .changes(of: origin).count
        }
        notices += table.wait(.seconds(1), answering: players).changes(of: origin).count
        #expect(notices <= 25)
        let held = table.node.status(of: origin.id, at: table.now)?.record
        #expect(held?.incarnation.number == 101)
        #expect(held?.core.metadata == [101])
        #expect(table.node.counters[.tooManyStatements] > 70)
    }

    @Test func `of new names and new boots twenty are taken in at once, then one in ten seconds`()
        throws
    {
        for isBoot in [true, false] {
            var table = try Tabletop.with(players)
            var notices = 0
            for number in 1...40 as ClosedRange<UInt8> {
                let changed = try Player(
                    isBoot ? "m12" : "x\(number)", number: 12, boot: isBoot ? 100 + number : 12)
                notices +=
                    table.hear(.full(changed.full(UInt64(number) + 1)), from: players[2])
                    .changes(of: origin).count
            }
            #expect(notices == 20)
            let later = table.wait(.seconds(11), answering: players).changes(of: origin)
            #expect(!later.isEmpty)
            #expect(
                table.node.status(of: origin.id, at: table.now)?.record.incarnation.number == 41)
        }
    }

    @Test func `the end of a life is not held up by its name`() throws {
        var table = try Tabletop.with(players)
        for number in 1...28 as ClosedRange<UInt8> {
            let changed = try Player("x\(number)", number: 12)
            table.hear(.full(changed.full(UInt64(number) + 1)), from: origin)
        }
        let last = try Player("x28", number: 12)
        table.wait(.seconds(1), answering: players)
        table.hear(.full(last.full(29, .left)), from: origin)
        table.wait(.seconds(61), answering: players)
        #expect(table.state(of: origin) == .left)
    }

    @Test func `a member has eight relayed heartbeats open, and others theirs`() throws {
        var table = try Tabletop.with(players)
        func ask(_ asker: Player) -> [Effect] {
            table.receive(
                Datagram(
                    .relayHeartbeat(
                        target: origin.id, token: RelayToken(Octets16()),
                        timeoutMilliseconds: 2_000)), from: asker)
        }
        let answers = (0..<20).flatMap { _ in ask(teller) }
        #expect(answers.busyNacks == 12)
        #expect(ask(players[2]).busyNacks == 0)
        table.wait(.seconds(3), answering: players)
        #expect(ask(teller).busyNacks == 0)
    }

    @Test func `each member that contradicts itself is reported once`() throws {
        var table = try Tabletop.with(players)
        var told = 0
        for _ in 0..<3 {
            for number in 1...80 as ClosedRange<UInt8> {
                let pair = try [[1], [2]].map {
                    try Player("x\(number)", number: 100 + number, metadata: $0).full()
                }
                told +=
                    table.hear(
                        .full(pair[0]), .full(pair[1]), from: players[2 + Int(number) % 2]
                    ).filter {
                        if case .notify(.equivocation) = $0 { true } else { false }
                    }.count
            }
        }
        #expect(told == 80)
    }

    // MARK: Verdicts

    @Test func `a stream's verdict that no member has signed makes us look, once a second`() throws
    {
        var table = try Tabletop.with(players)
        var probes = 0
        for (index, target) in players[1...].enumerated() {
            let effects = table.sync(
                from: teller, [.dead(target.dead(by: []))], on: UInt64(2 * index + 1))
            #expect(effects.changes(of: target).isEmpty)
            probes += effects.heartbeats.count
        }
        #expect(probes == 1)
        #expect(table.node.counters[.unprovenDeath] == 5)
    }

    @Test func `a member whose verdicts are refuted by answers three times is not heard`() throws {
        var table = try Tabletop.with(players)
        for (index, target) in players[1...3].enumerated() {
            table.sync(
                from: teller, [.dead(target.dead(by: [teller]))], on: UInt64(2 * index + 1))
            #expect(table.state(of: target) == .suspect)
            table.wait(.seconds(2), answering: players)
            #expect(table.state(of: target) == .alive)
        }
        for target in players[1...3] {
            table.hear(.dead(target.dead(by: [teller])), from: teller)
            table.sync(from: teller, [.dead(target.dead(by: []))], on: 21)
            #expect(table.state(of: target) == .alive)
        }
        #expect(table.node.counters[.discountedTeller] == 6)
        // Others are heard as before, and it is heard again later.
        table.hear(.dead(origin.dead(by: [players[4]])), from: players[4])
        #expect(table.state(of: origin) == .suspect)
        table.wait(.seconds(601), answering: players)
        table.hear(.dead(origin.dead(by: [teller])), from: teller)
        #expect(table.state(of: origin) == .suspect)
    }

    @Test func `a verdict is passed on with the accusations that hold`() throws {
        var table = try Tabletop.with(players)
        let target = players[5]
        table.hear(.suspect(teller.suspects(target)), from: teller)
        table.wait(.milliseconds(4_050), answering: players.filter { $0.id != target.id })
        #expect(table.state(of: target) == .suspect)
        var verdict = target.dead(by: [teller, players[2], players[3]])
        for index in verdict.accusations.indices
        where verdict.accusations[index].accuser != teller.id {
            verdict.accusations[index].signature = origin.full().signature
        }
        table.hear(.dead(verdict), from: players[2])
        #expect(table.state(of: target) == .dead)
        let told = table.wait(.seconds(1), answering: players).sent.flatMap(\.datagram.items)
        let spread = told.compactMap { item -> DeadStatement? in
            if case .dead(let statement) = item, statement.target == target.id {
                statement
            } else {
                nil
            }
        }
        let liars = Set([players[2].id, players[3].id])
        #expect(!spread.isEmpty)
        #expect(spread.allSatisfy { $0.accusations.allSatisfy { !liars.contains($0.accuser) } })
    }

    // MARK: Refutations

    @Test func `a claim is answered long before half of the shortest patience is over`() {
        for profile in [CoreConfiguration.lan, .wan, .local] {
            for tolerance in [100, 400, 800, 2_000, 300_000] {
                let configuration = profile.tolerating(.milliseconds(tolerance))
                let patience =
                    configuration.shortestSuspicion * configuration.timeToRefutePercent / 100
                // A round trip may take a tenth of the tolerance.
                let roundTrip = configuration.shortestSuspicion / 10
                #expect(configuration.pauseBetweenRefutations + roundTrip * 2 < patience)
            }
        }
    }
}

extension [Effect] {
    fileprivate var busyNacks: Int {
        sent.count {
            if case .relayNack(_, _, .busy) = $0.datagram.body { true } else { false }
        }
    }
}
