import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// The own record alone: which claim about us is answered, how, and how often.
@Suite struct OwnRecordTests {
    private let player: Player
    private var own: OwnRecord
    private let now = ClusterInstant(nanoseconds: 1_000_000_000)

    init() throws {
        player = try Player("own", number: 1)
        own = OwnRecord(
            player.core, incarnation: .first, authenticator: player.authenticator, .lan)
    }

    @Test mutating func `a second claim within the pause is answered when the pause is over`() {
        guard case .refuted = own.refute(claimed: .first, at: now) else {
            return #expect(Bool(false), "not refuted")
        }
        let claimed = own.record.incarnation
        let soon = now + .milliseconds(10)
        guard case .later(let moment) = own.refute(claimed: claimed, at: soon) else {
            return #expect(Bool(false), "answered at once")
        }
        #expect(moment == now + CoreConfiguration.lan.refutationPause)
        #expect(own.record.incarnation == claimed)
        guard case .refuted = own.answerOwed(at: moment) else {
            return #expect(Bool(false), "not refuted")
        }
        #expect(own.record.incarnation == claimed.next)
        guard case .nothing = own.answerOwed(at: moment) else {
            return #expect(Bool(false), "answered twice")
        }
    }

    @Test mutating func `a claim that we have answered since is owed no more`() {
        _ = own.refute(claimed: .first, at: now)
        _ = own.refute(claimed: own.record.incarnation, at: now)
        let isChanged = own.setMetadata([1])
        #expect(isChanged)
        let stated = own.record
        guard case .nothing = own.answerOwed(at: now + .seconds(1)) else {
            return #expect(Bool(false), "answered again")
        }
        #expect(own.record === stated)
    }

    @Test mutating func `an old claim is answered by repetition, at most five times a second`() {
        _ = own.refute(claimed: .first, at: now)
        var repetitions = 0
        for step in 0..<100 {
            let moment = now + .milliseconds(10) * step
            if case .repeated = own.refute(claimed: .first, at: moment) { repetitions += 1 }
        }
        #expect(repetitions == 5)
    }

    @Test mutating func `an incarnation that we never stated is not raised above`() throws {
        let ahead = try #require(Incarnation(5))
        guard case .ignored(.aheadOfUs) = own.refute(claimed: ahead, at: now) else {
            return #expect(Bool(false), "believed")
        }
        #expect(own.record.incarnation == .first)
    }

    @Test
    mutating func `a statement of another life is answered by the next incarnation, however often`()
        throws
    {
        let other = try Player("own", number: 1, boot: 9)
        func meet(_ number: UInt64) -> OwnRecord.Answer {
            own.meet(
                other.full(number), coreHash: other.coreHash, boot: other.boot, isRunning: true)
        }
        for number in [3, 5, 7, 9] as [UInt64] {
            guard case .succeeded(let stated) = meet(number) else {
                Issue.record("not answered")
                return
            }
            #expect(stated.endpoint == other.identity.endpoint)
            #expect(own.record.incarnation.number == number + 1)
        }
        guard case .outdated = meet(2) else {
            Issue.record("not old")
            return
        }
    }
}
