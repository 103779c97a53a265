import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// The prober alone: the steps of a probe, and whose fault a silence is.
@Suite struct ProberTests {
    private let players: [Player]
    private let table: MemberTable
    private var prober: Prober
    private var random = RandomSource(seed: 1)
    private let now = ClusterInstant(nanoseconds: 1_000_000_000)

    init() throws {
        players = try (1...8).map { try Player("n\($0)", number: $0) }
        var table = MemberTable(.lan)
        for player in players { table.put(player.record(), .alive, since: now) }
        self.table = table
        prober = Prober(own: players[0].id, .lan)
    }

    /// A member that has answered us before.
    private func known(_ player: Player) -> Prober.Target {
        Prober.Target(record: player.record(), isAnswering: true, isDead: false)
    }

    private mutating func step(
        of player: Player, isSlow: Bool = false, at now: ClusterInstant
    ) -> Prober.Step {
        prober.reachDeadline(
            of: player.id, isSlow: isSlow, in: table, by: players[0].authenticator, using: &random,
            at: now)
    }

    /// Lets a probe of this member fail, and returns its last step.
    private mutating func fail(_ player: Player, at start: ClusterInstant) -> Prober.Step {
        guard let timeout = prober.begin(known(player), Reachability()) else { return .void }
        var moment = start + timeout
        while true {
            switch step(of: player, at: moment) {
            case .indirect(let probe, let next):
                for (sequence, relay) in probe.relays.enumerated() {
                    prober.noteRequest(UInt64(sequence + 1), to: relay.id, about: player.id)
                }
                moment = next
            case .tcpProbe(_, let next): moment = next
            case let last: return last
            }
        }
    }

    @Test mutating func `a probe asks relays, tries TCP and fails, at fixed moments`() throws {
        let target = players[1]
        let begun = prober.begin(known(target), Reachability())
        let timeout = try #require(begun)
        #expect(timeout == CoreConfiguration.lan.longestDirectTimeout)
        let again = prober.begin(known(target), Reachability())
        #expect(again == nil)
        let start = now + timeout
        guard case .indirect(let probe, let half) = step(of: target, at: start) else {
            return #expect(Bool(false), "no indirect probe")
        }
        #expect(probe.relays.count == 3)
        #expect(!probe.relays.contains { $0.id == target.id || $0.id == players[0].id })
        #expect(half == start + timeout)
        prober.noteRequest(7, to: probe.relays[0].id, about: target.id)
        guard case .tcpProbe(_, let end) = step(of: target, at: half) else {
            return #expect(Bool(false), "no TCP fallback probe")
        }
        #expect(end == half + timeout)
        let counted = prober.noteNack(from: probe.relays[0].id, echoing: 7, about: target.id)
        let repeated = prober.noteNack(from: probe.relays[0].id, echoing: 7, about: target.id)
        #expect(counted && !repeated)
        guard case .failed(_, let evidence) = step(of: target, at: end) else {
            return #expect(Bool(false), "not failed")
        }
        #expect(
            evidence
                == .ownProbe(
                    directTimeout: timeout, relaysAsked: 1, relaysAnswered: 1, stream: .notTried))
        // The relay has heard as little as we: our own ears are well.
        #expect(prober.link.score == 0)
    }

    @Test mutating func `a slow member gets more time, but TCP is tried no later`() throws {
        let target = players[1]
        let begun = prober.begin(known(target), Reachability())
        let timeout = try #require(begun)
        guard case .indirect(_, let half) = step(of: target, isSlow: true, at: now + timeout),
            case .tcpProbe(_, let end) = step(of: target, isSlow: true, at: half)
        else { return #expect(Bool(false), "other steps") }
        #expect(half == now + timeout * 2)
        #expect(end - half == CoreConfiguration.lan.indirectTimeoutOfSlow - timeout)
        // A refusal by its machine ends the round when it would end for any other.
        let rest = prober.noteRefusal(of: target.id)
        #expect(rest == timeout)
    }

    @Test mutating func `three silent members in a row are our own fault, for 30 seconds`() {
        for (place, player) in players[1...3].enumerated() {
            let last = fail(player, at: now)
            switch last {
            case .failed: #expect(place < 2)
            case .failedByOurFault: #expect(place == 2)
            case .void, .direct, .indirect, .tcpProbe, .unanswered: #expect(Bool(false), "\(last)")
            }
        }
        #expect(prober.link.isDown)
        // No relay said a word either: our ears are bad.
        #expect(prober.link.score == 3)
        guard case .failed = fail(players[4], at: now + CoreConfiguration.lan.patienceWithOwnLink)
        else { return #expect(Bool(false), "waits for ever") }
        var note = Reachability()
        let answer = prober.noteAnswer(of: players[5].id, &note, at: now + .seconds(40))
        #expect(!prober.link.isDown)
        #expect(!answer.endsProbe)
        #expect(note.lastAck == now + .seconds(40))
    }

    @Test mutating func `after a late wake-up no probe is left and no member is accused`() {
        _ = prober.begin(known(players[1]), Reachability())
        let ended = prober.oversleep(at: now)
        #expect(ended == [.probe(players[1].id)])
        guard case .void = step(of: players[1], at: now) else {
            return #expect(Bool(false), "a probe is left")
        }
        #expect(prober.link.grace(at: now) == now + CoreConfiguration.lan.graceAfterSleep)
        let mayAccuse = prober.link.mayAccuse(at: now)
        #expect(!mayAccuse)
        #expect(prober.link.grace(at: now + CoreConfiguration.lan.graceAfterSleep) == nil)
    }

    @Test mutating func `late answers of three members in a row mean that we are slow`() {
        var verdicts: [Bool] = []
        for (sequence, player) in players[1...3].enumerated() {
            prober.noteHeartbeat(UInt64(sequence), to: player.record(), at: now)
            var note = Reachability()
            let late = now + CoreConfiguration.lan.slowAnswer + .milliseconds(1)
            let ack = prober.receiveAck(
                of: UInt64(sequence), from: player.record(), isCounted: true, &note, at: late)
            guard case .accepted(let isOurPaceSlow) = ack else {
                return #expect(Bool(false), "\(ack)")
            }
            #expect(note.slowness.isSlow(at: late))
            verdicts.append(isOurPaceSlow)
        }
        #expect(verdicts == [false, false, true])
    }

    @Test mutating func `an ack of another boot or of no heartbeat is not accepted`() throws {
        let former = try Player("n2", number: 2, boot: 9)
        prober.noteHeartbeat(1, to: former.record(), at: now)
        var note = Reachability()
        for (sequence, expected) in [(UInt64(1), IgnoredReason.forgedAck), (2, .lateAck)] {
            let ack = prober.receiveAck(
                of: sequence, from: players[1].record(), isCounted: true, &note, at: now)
            guard case .ignored(expected) = ack else { return #expect(Bool(false), "\(ack)") }
        }
        #expect(note.medianRoundTrip == nil)
    }
}
