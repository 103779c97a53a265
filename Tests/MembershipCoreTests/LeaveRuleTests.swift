import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

@Suite struct LeaveRuleTests {
    let a, b: Player

    init() throws {
        a = try Player("a", number: 11)
        b = try Player("b", number: 12)
    }

    @Test func `a farewell that is confirmed ends, whatever was heard before`() throws {
        var table = try Tabletop.with([a])
        table.wait(.seconds(1), answering: [a])
        table.hear(.refresh(a.refresh(2)), from: a)
        #expect(try completes(&table, confirmedBy: [a]))
    }

    @Test func `two that leave at once do not wait for each other`() throws {
        var table = try Tabletop.with([a])
        table.wait(.seconds(1), answering: [a])
        #expect(try completes(&table, confirmedBy: [a], leaving: [a]))
    }

    @Test func `three that leave at once do not wait for each other`() throws {
        var table = try Tabletop.with([a, b])
        table.wait(.seconds(1), answering: [a, b])
        #expect(try completes(&table, confirmedBy: [a], leaving: [a, b]))
    }

    @Test func `one confirmation and 400 ms are enough when another member has died`() throws {
        var table = try Tabletop.with([a, b])
        table.wait(.seconds(1), answering: [a, b])
        let duration = leave(&table, answering: [a])
        #expect(duration >= .milliseconds(400) && duration <= .milliseconds(500), "\(duration)")
    }

    @Test func `a node whose members are all gone leaves within a second`() throws {
        var table = try Tabletop.with([a, b])
        table.wait(.seconds(1), answering: [a, b])
        let duration = leave(&table, answering: [])
        #expect(duration <= .milliseconds(1_100), "\(duration)")
    }

    @Test func `messages that wait hold no farewell up`() throws {
        var table = try Tabletop.with([a, b])
        table.wait(.seconds(1), answering: [a, b])
        for _ in 0..<1_000 {
            _ = table.node.handle(.broadcast(type: 1, payload: [1, 2, 3]), at: table.now)
        }
        let duration = leave(&table, answering: [a, b])
        #expect(duration <= .milliseconds(400), "\(duration)")
    }

    @Test func `a leave waits for the peer list of a join, and not for ever`() throws {
        var table = try Tabletop()
        let effects = table.node.handle(.join(a.core.endpoint, attempt: 1), at: table.now)
        guard
            let id = effects.lazy.compactMap({ effect -> StreamID? in
                if case .openStream(let id, _, _, _) = effect { id } else { nil }
            }).first
        else { return #expect(Bool(false), "no stream") }
        #expect(!table.node.handle(.leave, at: table.now).hasLeft)
        // The stream fails: there is nobody to tell after all.
        let failed = table.node.handle(.stream(id, .failed(.refused)), at: table.now)
        #expect(failed.hasLeft)

        var silent = try Tabletop()
        _ = silent.node.handle(.join(a.core.endpoint, attempt: 1), at: silent.now)
        let duration = leave(&silent, answering: [])
        #expect(duration <= .milliseconds(450), "\(duration)")
    }

    /// How long a leave takes, to ten milliseconds; 10 s if it does not end.
    private func leave(_ table: inout Tabletop, answering: [Player]) -> Duration {
        let start = table.now
        if table.node.handle(.leave, at: table.now).hasLeft { return .zero }
        for _ in 0..<1_000 {
            if table.wait(.milliseconds(10), answering: answering).hasLeft {
                return table.now - start
            }
        }
        return .seconds(10)
    }

    @Test func `who is left alone with news does not wake up for it again and again`() throws {
        var table = try Tabletop.with([a])
        table.wait(.seconds(1), answering: [a])
        _ = table.node.handle(.setMetadata([1]), at: table.now)
        table.hear(.refresh(a.refresh(1, .left)), from: a)
        let end = table.now + .seconds(1)
        var wakeUps = 0
        while let deadline = table.node.agenda.next, deadline < end, wakeUps < 1_000 {
            _ = table.node.handle(.deadlineReached, at: max(deadline, table.now))
            wakeUps += 1
        }
        #expect(wakeUps < 100)
    }

    /// Whether a leave is over within half a second if these answer and those leave meanwhile.
    private func completes(
        _ table: inout Tabletop, confirmedBy answering: [Player], leaving: [Player] = []
    ) throws -> Bool {
        var effects = table.node.handle(.leave, at: table.now)
        for heartbeat in effects.heartbeats {
            guard let player = answering.first(where: { $0.boot == heartbeat.to }) else { continue }
            let ack = Datagram.Body.heartbeatAck(echoedSequence: heartbeat.sequence, health: 0)
            effects += table.receive(Datagram(ack, [.view(table.node.viewDigest)]), from: player)
        }
        for player in leaving {
            effects += table.receive(
                Datagram(
                    .heartbeat(isIntroduction: false),
                    [.view(table.node.viewDigest), .refresh(player.refresh(1, .left))]),
                from: player)
        }
        effects += table.wait(.milliseconds(500), answering: answering)
        return effects.contains {
            if case .notify(.leaveCompleted) = $0 { true } else { false }
        }
    }
}

extension [Effect] {
    fileprivate var hasLeft: Bool {
        contains { if case .notify(.leaveCompleted) = $0 { true } else { false } }
    }
}
