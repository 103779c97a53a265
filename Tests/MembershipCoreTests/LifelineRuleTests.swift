import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Lifelines and sudden death, at the table. Nobody but the test answers, and every knock is heard.
@Suite struct LifelineRuleTests {
    let players: [Player]
    static var configuration: CoreConfiguration {
        var configuration = CoreConfiguration.lan
        configuration.holdsLifelines = true
        return configuration
    }

    init() throws {
        players = try (11..<16).map { try Player("p\($0)", number: $0) }
    }

    /// A table of one view, with nobody's lifeline yet.
    private func table(of players: [Player]) throws -> Tabletop {
        var table = try Tabletop(Self.configuration)
        for player in players { table.introduce(player) }
        for player in players { table.hear(.view(table.node.viewDigest), from: player) }
        return table
    }

    private func others(than player: Player) -> [Player] { players.filter { $0.id != player.id } }

    /// Lets the node open its lifelines; all of them stand afterwards.
    private func lines(in table: inout Tabletop) -> [(stream: StreamID, player: Player)] {
        let opened = table.wait(.milliseconds(50), answering: players).lifelines
        return opened.compactMap { (stream, endpoint) -> (stream: StreamID, player: Player)? in
            guard let player = players.first(where: { $0.identity.endpoint == endpoint }) else {
                return nil
            }
            _ = table.node.handle(
                .stream(
                    stream,
                    .received(
                        .helloAck(player.full(), table.node.viewDigest),
                        remoteBoot: player.identity.bootKey)),
                at: table.now)
            return (stream, player)
        }
    }

    /// The line of one watched member ends without a farewell.
    private func lose(
        in table: inout Tabletop
    ) throws -> (player: Player, effects: [Effect]) {
        let line = try #require(lines(in: &table).first)
        let effects = table.node.handle(
            .stream(line.stream, .failed(.broken)), at: table.now)
        return (line.player, effects + table.wait(.zero))
    }

    private func answer(
        _ knocks: [KnockID], _ answer: KnockAnswer, in table: inout Tabletop
    ) -> [Effect] {
        knocks.flatMap { table.node.handle(.knocked($0, answer), at: table.now) }
    }

    @Test func `a node opens a lifeline to the next two members in the circle of ids`() throws {
        var table = try table(of: players)
        let opened = lines(in: &table).map(\.player.id)
        let circle = (players.map(\.id) + [table.own.id]).sorted()
        let place = try #require(circle.firstIndex(of: table.own.id))
        let next = (1...2).map { circle[(place + $0) % circle.count] }
        #expect(Set(opened) == Set(next))
        #expect(table.node.lifelineStatus.held == 2)
    }

    @Test func `a node without lifelines opens none, takes none and passes over GONE`() throws {
        var table = try Tabletop.with(players)
        let silent = table.wait(.seconds(1), answering: players)
        #expect(silent.lifelines.isEmpty)
        let hello = StreamMessage.Hello(
            purpose: .lifeline, protocolVersions: ProtocolVersion.supported, caller: players[0].id)
        let answer = table.node.handle(
            .stream(StreamID(1), .received(.hello(hello), remoteBoot: nil)), at: table.now)
        #expect(answer.written(on: StreamID(1)) == [.end(.noLifelines)])
        let heard = table.hear(.gone(players[0].saysGone(players[1])), from: players[0])
        #expect(heard.changes.isEmpty)
        #expect(heard.knocks.isEmpty)
    }

    @Test func `members that do not state lifelines are passed over`() throws {
        var table = try Tabletop(Self.configuration)
        let old = try (11..<14).map { try Player("p\($0)", number: $0, holdsLifelines: false) }
        for player in old { table.introduce(player) }
        let waited = table.wait(.seconds(1), answering: old)
        #expect(waited.lifelines.isEmpty)
    }

    @Test func `a lost line, a refusal and silence are a death after the window`() throws {
        var table = try table(of: players)
        let (gone, effects) = try lose(in: &table)
        #expect(effects.heartbeats.contains { $0.to == gone.boot })
        let accused = answer(effects.knocks, .refused, in: &table)
        #expect(accused.changes(of: gone) == [.suspected])
        let told = table.wait(.milliseconds(5), answering: others(than: gone))
        let kinds = Set(told.sent.flatMap(\.datagram.items).map(\.typeByte))
        #expect(kinds.contains(ItemType.gone.rawValue))
        #expect(kinds.contains(ItemType.suspect.rawValue))
        let before = table.wait(.milliseconds(140), answering: others(than: gone))
        #expect(before.changes(of: gone).isEmpty)
        let verdict = table.wait(.milliseconds(10), answering: others(than: gone))
        #expect(verdict.changes(of: gone) == [.failed])
        #expect(verdict.changes.first?.why?.evidence == .processGone(heartbeats: 3))
        #expect(table.node.lifelineStatus.counts.verdicts == 1)
    }

    @Test func `an answer, an accepted knock or a farewell is no death`() throws {
        for sign in ["ack", "accepted", "farewell", "keepalive"] {
            var table = try table(of: players)
            let line = try #require(lines(in: &table).first)
            let end: StreamInput =
                switch sign {
                case "farewell": .received(.end(.moved), remoteBoot: nil)
                case "keepalive": .failed(.timedOut)
                default: .failed(.broken)
                }
            var effects = table.node.handle(.stream(line.stream, end), at: table.now)
            let knocks = effects.knocks
            #expect(knocks.isEmpty == (sign == "farewell" || sign == "keepalive"), "\(sign)")
            switch sign {
            case "ack":
                for heartbeat in effects.heartbeats where heartbeat.to == line.player.boot {
                    let ack = Datagram.Body.heartbeatAck(
                        echoedSequence: heartbeat.sequence, health: 0)
                    table.receive(Datagram(ack, [.view(table.node.viewDigest)]), from: line.player)
                }
                effects = answer(knocks, .refused, in: &table)
            default: effects = answer(knocks, .accepted, in: &table)
            }
            effects += table.wait(.milliseconds(400), answering: players)
            #expect(effects.changes(of: line.player).isEmpty, "\(sign)")
        }
    }

    @Test func `a member that answers while its machine refuses is not accused by refusals again`()
        throws
    {
        var table = try table(of: players)
        let (player, effects) = try lose(in: &table)
        for heartbeat in effects.heartbeats where heartbeat.to == player.boot {
            let ack = Datagram.Body.heartbeatAck(echoedSequence: heartbeat.sequence, health: 0)
            table.receive(Datagram(ack, [.view(table.node.viewDigest)]), from: player)
        }
        _ = answer(effects.knocks, .refused, in: &table)
        table.wait(.seconds(2), answering: players)
        let again = table.hear(.gone(others(than: player)[0].saysGone(player)), from: players[0])
        #expect(again.changes(of: player) == [.suspected])
        var all: [Effect] = []
        for _ in 0..<50 {
            let step = table.wait(.milliseconds(10), answering: others(than: player))
            all += step + answer(step.knocks, .refused, in: &table)
        }
        #expect(!all.changes(of: player).contains(.failed))
    }

    @Test func `two members that answer while they are refused make all refusals doubtful`() throws
    {
        for filtered in 1...2 {
            var table = try table(of: players)
            let watched = lines(in: &table)
            for line in watched.prefix(filtered) {
                let effects = table.node.handle(
                    .stream(line.stream, .failed(.broken)), at: table.now)
                for heartbeat in effects.heartbeats where heartbeat.to == line.player.boot {
                    let ack = Datagram.Body.heartbeatAck(
                        echoedSequence: heartbeat.sequence, health: 0)
                    table.receive(Datagram(ack, [.view(table.node.viewDigest)]), from: line.player)
                }
                _ = answer(effects.knocks, .refused, in: &table)
            }
            let rest = players.filter { player in
                !watched.contains { $0.player.id == player.id }
            }
            let (accuser, target) = (rest[0], rest[1])
            var effects = table.hear(.gone(accuser.saysGone(target)), from: accuser)
            for _ in 0..<50 {
                let step = table.wait(.milliseconds(10), answering: others(than: target))
                effects += step + answer(step.knocks, .refused, in: &table)
            }
            #expect(effects.changes(of: target).contains(.failed) == (filtered == 1))
        }
    }

    @Test func `hearsay makes everybody look, and kills nobody`() throws {
        for isRefused in [false, true] {
            var table = try table(of: players)
            _ = lines(in: &table)
            let (accuser, target) = (players[0], players[1])
            var effects = table.hear(.gone(accuser.saysGone(target)), from: accuser)
            #expect(effects.changes(of: target) == [.suspected])
            #expect(effects.knocks.isEmpty, "a heartbeat comes first")
            for _ in 0..<40 {
                let step = table.wait(.milliseconds(10), answering: others(than: target))
                effects += step + answer(step.knocks, isRefused ? .refused : .none, in: &table)
            }
            #expect(effects.changes(of: target).contains(.failed) == isRefused)
        }
    }

    @Test func `an accusation takes along the news that its target is gone`() throws {
        var table = try table(of: players)
        _ = lines(in: &table)
        let target = players[1]
        table.hear(.gone(players[0].saysGone(target)), from: players[0])
        let first = table.wait(.milliseconds(3), answering: others(than: target))
        #expect(first.sent.contains { isGossip($0.datagram, with: [.gone]) })
        table.hear(.suspect(players[2].suspects(target)), from: players[2])
        let second = table.wait(.milliseconds(3), answering: others(than: target))
        #expect(second.sent.contains { isGossip($0.datagram, with: [.gone, .suspect]) })
    }

    @Test func `the return of a member that was held dead is told three times more`() throws {
        let sends = try [false, true].map { isBack in
            var table = try table(of: players)
            _ = lines(in: &table)
            let number: UInt8 = isBack ? 111 : 11
            let player = try Player("p11", number: 11, boot: number)
            table.hear(.full(player.full(2)), from: players[1])
            let sent = table.wait(.milliseconds(2_000), answering: players).sent.filter {
                isGossip($0.datagram, with: [isBack ? .full : .refresh])
            }
            return sent.count
        }
        // Acks and heartbeats carry some of them.
        #expect(sends[1] >= sends[0] + 2, "\(sends)")
    }

    private enum Word { case gone, suspect, full, refresh }

    private func isGossip(_ datagram: Datagram, with words: [Word]) -> Bool {
        guard case .gossip = datagram.body else { return false }
        let found: [Word] = datagram.items.compactMap {
            switch $0 {
            case .gone: .gone
            case .suspect: .suspect
            case .full: .full
            case .refresh: .refresh
            default: nil
            }
        }
        return words.allSatisfy(found.contains)
    }

    @Test func `a newer record ends a check, and what it has found`() throws {
        var table = try table(of: players)
        let (player, effects) = try lose(in: &table)
        _ = answer(effects.knocks, .refused, in: &table)
        table.hear(.refresh(player.refresh(2)), from: others(than: player)[0])
        #expect(table.state(of: player) == .alive)
        let later = table.wait(.milliseconds(400), answering: players)
        #expect(later.changes(of: player).isEmpty)
    }

    @Test func `a forged, a stale and a repeated accusation change nothing`() throws {
        var table = try table(of: players)
        var forged = players[0].saysGone(players[1])
        forged.signature = players[0].saysGone(players[2]).signature
        let first = table.hear(.gone(forged), from: players[0])
        #expect(first.changes.isEmpty)
        #expect(table.node.counters[.badSignature] == 1)
        // An accusation of silence is no evidence of a refusal.
        forged.signature = players[0].suspects(players[1]).signature
        let second = table.hear(.gone(forged), from: players[0])
        #expect(second.changes.isEmpty)
        table.hear(.refresh(players[1].refresh(2)), from: players[1])
        let stale = table.hear(.gone(players[0].saysGone(players[1])), from: players[0])
        #expect(stale.changes.isEmpty)
    }

    @Test func `a restarted member is watched at once, whatever its last run refused`() throws {
        var table = try table(of: players)
        let first = try #require(table.wait(.milliseconds(50), answering: players).lifelines.first)
        let number = try #require(
            (UInt8(11)..<16).first { number in
                players.contains {
                    $0.identity.endpoint == first.to && $0.identity.alias.text == "p\(number)"
                }
            })
        _ = table.node.handle(.stream(first.stream, .failed(.timedOut)), at: table.now)
        let paused = table.wait(.milliseconds(50), answering: players)
        #expect(!paused.lifelines.contains { $0.to == first.to })
        let restarted = try Player("p\(number)", number: number, boot: number + 100)
        table.hear(.full(restarted.full(2)), from: players[0])
        let opened = table.wait(.milliseconds(50), answering: players)
        #expect(opened.lifelines.contains { $0.to == first.to })
    }

    @Test func `gossip to an unproven address uses up nothing that a check needs`() throws {
        var table = try table(of: players)
        let newcomer = try Player("new", number: 40)
        table.hear(.full(newcomer.full()), from: players[0])
        for number in UInt8(41)..<70 {
            let other = try Player("x\(number)", number: number)
            table.hear(.full(other.full()), from: players[0])
            table.wait(.milliseconds(10), answering: players)
        }
        #expect(table.node.counters[.unprovenAddress] > 0)
        var effects = table.hear(.gone(players[1].saysGone(newcomer)), from: players[1])
        for _ in 0..<50 {
            let step = table.wait(.milliseconds(10), answering: players)
            effects += step + answer(step.knocks, .refused, in: &table)
        }
        #expect(effects.changes(of: newcomer).contains(.failed))
    }

    @Test func `a refusal on opening proves nothing before the whole window is over`() throws {
        var table = try table(of: players)
        let opened = table.wait(.milliseconds(50), answering: players).lifelines
        let first = try #require(opened.first)
        let player = try #require(players.first { $0.identity.endpoint == first.to })
        var effects = table.node.handle(
            .stream(first.stream, .failed(.refused)), at: table.now)
        var waited = Duration.zero
        while effects.changes(of: player).isEmpty, waited < .seconds(1) {
            waited = waited + .milliseconds(10)
            let step = table.wait(.milliseconds(10), answering: others(than: player))
            effects += step + answer(step.knocks, .refused, in: &table)
        }
        #expect(effects.changes(of: player).first == .suspected)
        #expect(waited >= .milliseconds(150))
    }

    @Test func `sixteen members are knocked at at once, and the rest waits its turn`() throws {
        let crowd = try (20..<60).map { try Player("c\($0)", number: $0) }
        var table = try table(of: players + crowd)
        var effects: [Effect] = []
        for (place, target) in crowd.enumerated() {
            let accuser = players[place % players.count]
            effects += table.hear(.gone(accuser.saysGone(target)), from: accuser)
        }
        effects += table.wait(.milliseconds(60))
        let first = effects.knocks
        #expect(Set(effects.knockedAt).count == 16)
        let next = answer(first, .refused, in: &table)
        #expect(Set(next.knockedAt).count == 16)
    }

    @Test func `sixteen lifelines are accepted, and the next caller is told busy`() throws {
        let crowd = try (20..<37).map { try Player("c\($0)", number: $0) }
        var table = try table(of: crowd)
        var answers: [[StreamMessage]] = []
        for (place, caller) in crowd.enumerated() {
            let stream = StreamID(UInt64(2 * place + 1))
            let hello = StreamMessage.Hello(
                purpose: .lifeline, protocolVersions: 1...2, caller: caller.id)
            var done = table.node.handle(
                .stream(stream, .received(.hello(hello), remoteBoot: nil)), at: table.now)
            if place < 16 {
                done += table.node.handle(
                    .stream(
                        stream,
                        .received(.join(caller.full()), remoteBoot: caller.identity.bootKey)),
                    at: table.now)
            }
            answers.append(done.written(on: stream))
        }
        #expect(answers.prefix(16).allSatisfy { $0.count == 1 && $0[0] != .end(.busy) })
        #expect(answers.last == [.end(.busy)])
        #expect(table.node.lifelineStatus.watchedBy == 16)
    }

    @Test func `who leaves or takes another boot says so on every line`() throws {
        var table = try table(of: players)
        let streams = lines(in: &table).map(\.stream)
        let effects = table.node.handle(.leave, at: table.now)
        for stream in streams { #expect(effects.written(on: stream) == [.end(.leaving)]) }
    }

    @Test func `a member that hears that it is held dead refutes`() throws {
        var table = try table(of: players)
        let line = try #require(lines(in: &table).first)
        let before = table.node.ownRecord.incarnation
        _ = table.node.handle(
            .stream(line.stream, .received(.end(.heldDead), remoteBoot: nil)), at: table.now)
        #expect(table.node.ownRecord.incarnation == before.next)
    }
}

extension [Effect] {
    fileprivate var lifelines: [(stream: StreamID, to: Endpoint)] {
        compactMap {
            if case .openStream(let stream, let endpoint, let hello, _) = $0,
                hello.purpose == .lifeline
            {
                (stream, endpoint)
            } else {
                nil
            }
        }
    }

    fileprivate func written(on stream: StreamID) -> [StreamMessage] {
        compactMap {
            if case .writeStream(stream, let message) = $0 { message } else { nil }
        }
    }

    fileprivate var knocks: [KnockID] {
        compactMap { if case .knock(let id, _, _) = $0 { id } else { nil } }
    }

    fileprivate var knockedAt: [Endpoint] {
        compactMap { if case .knock(_, let endpoint, _) = $0 { endpoint } else { nil } }
    }
}

extension Player {
    /// GONE, truly signed.
    func saysGone(_ target: Player, _ number: UInt64 = 1) -> GoneStatement {
        let incarnation = Incarnation(number) ?? .first
        return GoneStatement(
            target: target.id, corePrefix: target.coreHash.prefix, incarnation: incarnation,
            accuser: id,
            signature: authenticator.sign(
                .gone(target: target.id, target.coreHash, incarnation, accuser: id)))
    }
}
