import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Any number of identities can be made up. What those do that have never answered us has bounds for all of them
/// together, and it takes nothing from members that have.
@Suite struct StrangerTests {
    private let players: [Player]
    private let victim: Player
    private let now = ClusterInstant(nanoseconds: 1_000_000_000)

    init() throws {
        players = try (11...16).map { try Player("m\($0)", number: $0) }
        victim = players[1]
    }

    // MARK: How far messages have come

    @Test func `a stream says nothing about the messages of a member that we know`() throws {
        var table = try Tabletop.with(players)
        table.sync(
            from: players[0], [.heard(origin: victim.id, sequence: 1 << 32 | 0xFFFF_FFFF)], on: 1)
        #expect(table.hear(victim.message(1), from: victim).messages == 1)
    }

    @Test func `a stream says how far the messages of a member have come that it brings`() throws {
        var table = try Tabletop.with([players[0]])
        table.sync(
            from: players[0],
            [.full(victim.full()), .heard(origin: victim.id, sequence: 1 << 32 | 7)], on: 1)
        #expect(table.hear(victim.message(7), from: players[0]).messages == 0)
        #expect(table.hear(victim.message(8), from: players[0]).messages == 1)
    }

    // MARK: Accounts

    private func accounts(kept: Int = 1_024) -> SenderAccounts {
        var configuration = CoreConfiguration.lan
        configuration.accountsKept = kept
        configuration.checkBurst = 10
        return SenderAccounts(configuration)
    }

    private func refusal(
        of payer: Payer, at now: ClusterInstant, in accounts: inout SenderAccounts
    ) -> IgnoredReason? { accounts.refusal(of: payer, at: now) }

    @Test func `all strangers together have the checks of one member`() {
        var accounts = accounts()
        let strangers = players.map { Payer(id: $0.id, isStranger: true) }
        for stranger in strangers.prefix(2) {
            accounts.charge(stranger, checks: 5, falseSignatures: 0, at: now)
        }
        #expect(refusal(of: strangers[4], at: now, in: &accounts) == .tooManyChecks)
        #expect(refusal(of: Payer(id: victim.id, isStranger: false), at: now, in: &accounts) == nil)
    }

    @Test func `strangers use up no account of a member`() {
        var accounts = accounts(kept: 4)
        for player in players {
            accounts.charge(
                Payer(id: player.id, isStranger: true), checks: 0, falseSignatures: 1, at: now)
        }
        let liar = Payer(id: NodeID(77), isStranger: false)
        accounts.charge(liar, checks: 3, falseSignatures: 3, at: now)
        #expect(refusal(of: liar, at: now, in: &accounts) == .distrustedSender)
    }

    @Test func `a member that has brought a long list waits before it brings the next`() {
        var accounts = accounts()
        let member = Payer(id: victim.id, isStranger: false)
        let pause = CoreConfiguration.lan.checkPause
        accounts.overdraw(member, checks: 35, at: now)
        #expect(refusal(of: member, at: now + pause * 25, in: &accounts) == .tooManyChecks)
        #expect(refusal(of: member, at: now + pause * 26, in: &accounts) == nil)
    }

    @Test func `callers that have never answered bring 64 members at once, all together`() throws {
        var limits = NewcomerLimits(.lan)
        let brought = (0..<100).count { _ in limits.admitsFromStranger(at: now) }
        #expect(brought == CoreConfiguration.lan.newcomerBurst)
        let isMemberHeard = limits.admits(from: victim.id, at: now)
        #expect(isMemberHeard)
    }

    // MARK: News

    @Test func `news goes to members that have answered, however many are new`() throws {
        var table = MemberTable(.lan)
        for number in 1...200 as ClosedRange<UInt8> {
            let player = try Player("m\(number)", number: number)
            table.put(player.record(), .alive, since: now)
            if number <= 3 { table.setUnanswering(player.id, false) }
        }
        let answered = Set(try (1...3).map { try Player("m\($0)", number: $0).id })
        var random = RandomSource(seed: 1)
        for _ in 0..<50 {
            let targets = table.sampleForNews(
                6, tried: 2, unanswering: 6, except: NodeID(0), using: &random)
            #expect(Set(targets.map(\.id)).count == 6)
            #expect(targets.count { answered.contains($0.id) } >= 2)
            let relays = table.sampleCounted(3, except: NodeID(0), using: &random) { _, _ in true }
            #expect(Set(relays.map(\.id)) == answered)
        }
    }

    // MARK: Claims about us

    private func claim(_ accuser: Player, about own: Player, isForged: Bool) -> Item {
        var statement = accuser.suspects(own)
        if isForged { statement.signature = own.full().signature }
        return .suspect(statement)
    }

    @Test(arguments: [true, false])
    func `a claim that no known member has signed does not worsen our health`(isKnown: Bool) throws
    {
        var table = try Tabletop.with(isKnown ? players : [players[0]])
        let forged = claim(victim, about: table.own, isForged: isKnown)
        table.hear(forged, from: players[0])
        #expect(table.node.ownRecord.incarnation == .first.next)
        #expect(table.node.localHealth == 0)
        #expect(table.node.counters[.badSignature] == (isKnown ? 1 : 0))
        var honest = try Tabletop.with(players)
        honest.hear(claim(victim, about: honest.own, isForged: false), from: players[0])
        #expect(honest.node.localHealth == 1)
    }

    @Test func `claims that no member has signed are answered once a second`() throws {
        var own = OwnRecord(
            victim.core, incarnation: .first, authenticator: victim.authenticator, .lan)
        var answers = 0
        for step in 0..<300 {
            let moment = now + .milliseconds(10) * step
            let claimed = own.record.incarnation
            if case .refuted(let isProven) = own.refute(
                claimed: claimed, isProven: false, at: moment)
            {
                #expect(!isProven)
                answers += 1
            }
        }
        #expect(answers == 3)
        // One that a member has signed waits no longer for that.
        guard
            case .later(let moment) = own.refute(
                claimed: own.record.incarnation, at: now + .milliseconds(2_010))
        else { return #expect(Bool(false), "not postponed") }
        #expect(moment <= now + .milliseconds(2_200))
    }
}
