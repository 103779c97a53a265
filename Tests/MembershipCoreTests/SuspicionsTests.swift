import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Suspicions alone: what a deadline leads to, by what the others have let us hear.
@Suite struct SuspicionsTests {
    private let players: [Player]
    private let table: MemberTable
    private var suspicions: Suspicions
    private var random = RandomSource(seed: 1)
    private let now = ClusterInstant(nanoseconds: 1_000_000_000)

    init() throws {
        players = try (1...5).map { try Player("n\($0)", number: $0) }
        var table = MemberTable(.lan)
        for player in players {
            table.put(player.record(), .alive, since: now)
        }
        self.table = table
        suspicions = Suspicions(own: players[0].id, .lan)
    }

    private var target: MemberRecord { players[4].record() }

    private func heard(
        grace: ClusterInstant? = nil, isOwnLinkDown: Bool = false, lastAck: ClusterInstant? = nil,
        newestAnswered: ClusterInstant? = nil
    ) -> Suspicion.Heard {
        .init(
            graceUntil: grace, isOwnLinkDown: isOwnLinkDown, lastAck: lastAck,
            newestAnswered: newestAnswered)
    }

    /// Our own accusation and its deadline.
    private mutating func accuse() throws -> ClusterInstant {
        let held = suspicions.accuse(
            target, .hearsay, isSlow: false, in: table, by: players[0].authenticator, at: now)
        return try #require(held?.deadline)
    }

    private mutating func step(
        _ heard: Suspicion.Heard, at now: ClusterInstant
    ) throws -> Suspicions.Step? {
        let entry = try #require(table[target.id])
        return suspicions.reachDeadline(of: entry, heard, in: table, using: &random, at: now)
    }

    @Test mutating func `the final check comes before the verdict and asks no accuser`() throws {
        let deadline = try accuse()
        guard case .finalCheck(let asked, _, _) = try step(heard(), at: deadline) else {
            return #expect(Bool(false), "no final check")
        }
        #expect(asked.count == 2)
        #expect(!asked.contains { $0.id == players[0].id || $0.id == target.id })
        let later = deadline + .milliseconds(200)
        guard case .dead(let verdict) = try step(heard(newestAnswered: deadline), at: later) else {
            return #expect(Bool(false), "no verdict")
        }
        #expect(verdict.accusations.map(\.accuser) == [players[0].id])
    }

    @Test mutating func `without any answer since the final check we listen, twice in 500 ms`()
        throws
    {
        let deadline = try accuse()
        _ = try step(heard(), at: deadline)
        let deaf = heard(newestAnswered: deadline + .milliseconds(-1))
        guard case .listen(let others, let again) = try step(deaf, at: deadline) else {
            return #expect(Bool(false), "declared dead by a node that hears nothing")
        }
        #expect(others.count == 2)
        guard case .wait(let moment) = try step(deaf, at: deadline + .milliseconds(100)) else {
            return #expect(Bool(false), "listened again at once")
        }
        #expect(moment == deadline + .milliseconds(350))
        guard case .listen = try step(deaf, at: again) else {
            return #expect(Bool(false), "did not listen again")
        }
        // After so long perhaps no other member is left.
        let end = now + CoreConfiguration.lan.patienceWithOwnLink
        guard case .dead = try step(deaf, at: end) else {
            return #expect(Bool(false), "waits for ever")
        }
    }

    @Test mutating func `an answer, our own link and a fresh wake-up postpone the verdict`() throws
    {
        let deadline = try accuse()
        for (facts, expected) in [
            (heard(grace: deadline + .seconds(1)), deadline + .seconds(1)),
            (heard(isOwnLinkDown: true), deadline + .milliseconds(250)),
            (heard(lastAck: now + .seconds(1)), deadline + .milliseconds(250)),
        ] {
            guard case .wait(let moment) = try step(facts, at: deadline) else {
                return #expect(Bool(false), "not postponed by \(facts)")
            }
            #expect(moment == expected)
        }
        // An ack from before the suspicion says nothing.
        guard case .finalCheck = try step(heard(lastAck: now), at: deadline) else {
            return #expect(Bool(false), "postponed by an old ack")
        }
    }

    @Test mutating func `a member that answers us stays suspect while others accuse it`() throws {
        _ = try accuse()
        var counters = CoreCounters()
        let held = suspicions.hear(
            players[1].accusation(of: players[4]), against: target, isSlow: false, in: table,
            by: players[0].authenticator, using: &random, at: now, counting: &counters)
        #expect(held?.voice?.accuser == players[1].id)
        guard case .othersAccuse = suspicions.withdraw(from: target.id, at: now) else {
            return #expect(Bool(false), "cleared against an accusation of another")
        }
        guard case .othersAccuse = suspicions.withdraw(from: target.id, at: now) else {
            return #expect(Bool(false), "cleared by a second answer")
        }
        #expect(counters[.badSignature] == 0)
    }

    @Test mutating func `a verdict is believed after half of our patience, if it is proven`() throws
    {
        _ = try accuse()
        var counters = CoreCounters()
        func believes(_ verdict: DeadStatement, after wait: Duration) -> Bool {
            suspicions.believes(
                verdict, on: target, in: table, by: players[0].authenticator, at: now + wait,
                counting: &counters)
        }
        let proven = players[4].dead(by: [players[1]])
        let half = CoreConfiguration.lan.longestSuspicion / 2
        let early = believes(proven, after: half - .milliseconds(1))
        #expect(!early)
        let inTime = believes(proven, after: half)
        #expect(inTime)
        let unproven = believes(players[4].dead(by: []), after: half)
        #expect(!unproven)
        #expect(counters[.unprovenDeath] == 1)
    }
}
