import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

@Suite struct HeartbeatRuleTests {
    let players: [Player]

    init() throws {
        players = try (11..<16).map { try Player("p\($0)", number: $0) }
    }

    private func player(of boot: BootID) -> Player? { players.first { $0.boot == boot } }

    @Test func `a heartbeat is acknowledged with its sequence, never with more bytes`() throws {
        var table = try Tabletop.with(players)
        let heartbeat = Datagram(.heartbeat(isIntroduction: false), [.view(.empty)])
        let effects = table.receive(heartbeat, from: players[0])
        let ack = try #require(effects.sent.first { $0.to == players[0].boot })
        guard case .heartbeatAck(let echoed, _) = ack.datagram.body else {
            Issue.record("not an ack: \(ack.datagram.body)")
            return
        }
        #expect(echoed == UInt64(players.count + 1))
        #expect(ack.datagram.byteCount <= 64)
    }

    @Test func `everybody is sent a heartbeat once a round`() throws {
        var table = try Tabletop.with(players)
        var targets: [BootID] = []
        for _ in 0..<players.count {
            for sent in table.wait(.seconds(1)).heartbeats {
                guard let player = player(of: sent.to) else { continue }
                if !targets.contains(sent.to) { targets.append(sent.to) }
                table.receive(
                    Datagram(
                        .heartbeatAck(echoedSequence: sent.sequence, health: 0), [.view(.empty)]),
                    from: player)
            }
        }
        #expect(Set(targets) == Set(players.map(\.boot)))
    }

    @Test func `silence asks three relays, then accuses`() throws {
        var table = try Tabletop.with(players)
        let effects = table.wait(.milliseconds(2_600))
        let relays = effects.sent.filter {
            if case .relayHeartbeat = $0.datagram.body { true } else { false }
        }
        #expect(relays.count >= 3)
        let first = try #require(effects.changes.first { $0.kind == .suspected })
        #expect(first.why?.accusers == [table.own.id])
        #expect(
            first.why?.evidence
                == .ownProbe(
                    directTimeout: .milliseconds(500), relaysAsked: 3, relaysAnswered: 0,
                    stream: .noAnswer))
    }

    @Test func `when everybody is silent it is our own link, and at most two are accused`() throws {
        var table = try Tabletop.with(players)
        let accused = table.wait(.seconds(7)).changes.filter { $0.kind == .suspected }
        #expect(accused.count <= 2)
    }

    @Test func `a relay tries the target and passes on its proof, or says that it did not answer`()
        throws
    {
        var table = try Tabletop.with(players)
        let token = RelayToken(Octets16(repeating: 9))
        let request = Datagram(
            .relayHeartbeat(target: players[1].id, token: token, timeoutMilliseconds: 100))
        let effects = table.receive(request, from: players[0])
        let requestSequence = UInt64(players.count + 1)
        let heartbeat = try #require(effects.heartbeats.first { $0.to == players[1].boot })
        let proof = try #require(
            players[1].authenticator.relayProof(of: token, for: players[0].identity.bootKey))
        let ack = Datagram(
            .heartbeatAck(echoedSequence: heartbeat.sequence, health: 0),
            [.view(.empty), .proof(requester: players[0].boot, proof: proof)])
        let passedOn = table.receive(ack, from: players[1]).sent.map(\.datagram.body)
        #expect(
            passedOn.contains(
                .relayAck(target: players[1].id, echoedSequence: requestSequence, proof: proof)))

        table.receive(request, from: players[0])
        let late = table.wait(.milliseconds(150)).sent.map(\.datagram.body)
        #expect(
            late.contains(
                .relayNack(
                    target: players[1].id, echoedSequence: requestSequence + 2, reason: .noAnswer)))
    }

    @Test func `a relayed answer needs the target's own proof`() throws {
        for isHonest in [true, false] {
            var table = try Tabletop.with(players)
            var request: (datagram: Datagram, sequence: UInt64, to: BootID)?
            while request == nil {
                request = table.wait(.milliseconds(10)).sent.first {
                    if case .relayHeartbeat = $0.datagram.body { true } else { false }
                }
            }
            guard let request,
                case .relayHeartbeat(let target, let token, _) = request.datagram.body,
                let relay = player(of: request.to),
                let victim = players.first(where: { $0.id == target })
            else { return }
            let maker = isHonest ? victim : relay
            let proof = try #require(
                maker.authenticator.relayProof(of: token, for: table.own.identity.bootKey))
            table.receive(
                Datagram(.relayAck(target: target, echoedSequence: request.sequence, proof: proof)),
                from: relay)
            table.wait(.milliseconds(1_050))
            #expect(table.node.counters[.badRelayProof] == (isHonest ? 0 : 1))
            #expect(table.state(of: victim) == (isHonest ? .alive : .suspect))
        }
    }

    @Test func `an ack from the wrong member, or for nothing, is counted and ignored`() throws {
        var table = try Tabletop.with(players)
        let sent = try #require(table.wait(.seconds(1)).heartbeats.first)
        let other = try #require(players.first { $0.boot != sent.to })
        table.receive(
            Datagram(.heartbeatAck(echoedSequence: sent.sequence, health: 0), [.view(.empty)]),
            from: other)
        table.receive(
            Datagram(.heartbeatAck(echoedSequence: 999_999, health: 0), [.view(.empty)]),
            from: other)
        #expect(table.node.counters[.forgedAck] == 1)
        #expect(table.node.counters[.lateAck] == 1)
    }

    @Test func `where heartbeats get lost, one silence is asked about three times`() throws {
        var table = try Tabletop.with(players)
        // Everybody answers, but only the second heartbeat of each probe.
        var heartbeats: [BootID: Int] = [:]
        for _ in 0..<800 {
            for sent in table.wait(.milliseconds(10)).heartbeats {
                heartbeats[sent.to, default: 0] += 1
                guard heartbeats[sent.to]?.isMultiple(of: 2) == true,
                    let player = player(of: sent.to)
                else { continue }
                let ack = Datagram.Body.heartbeatAck(echoedSequence: sent.sequence, health: 0)
                table.receive(Datagram(ack, [.view(table.node.viewDigest)]), from: player)
            }
        }
        var requests = 0
        var suspected: MemberChange?
        for _ in 0..<400 where suspected == nil {
            let effects = table.wait(.milliseconds(10))
            requests += effects.sent.count {
                if case .relayHeartbeat = $0.datagram.body { true } else { false }
            }
            suspected = effects.changes.first { $0.kind == .suspected }
        }
        #expect(suspected != nil)
        #expect(requests >= 9)
    }

    @Test func `a broken own link buries nobody for half a minute`() throws {
        var table = try Tabletop.with(players)
        let dead = table.wait(.seconds(25)).changes.filter { $0.kind == .failed }
        #expect(dead.isEmpty)
    }
}
