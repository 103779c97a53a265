import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Gossip alone, without a node around it: what leaves when, and what is kept.
@Suite struct GossipTests {
    private var random = RandomSource(seed: 1)
    private let now = ClusterInstant(nanoseconds: 1_000_000_000)

    private func players(_ count: UInt8) throws -> [Player] {
        try (1...count).map { try Player("n\($0)", number: $0) }
    }

    private func table(of players: [Player]) -> MemberTable {
        var table = MemberTable(.lan)
        for player in players { table.put(player.record(), .alive, since: now) }
        return table
    }

    @Test mutating func `an empty bucket postpones a wave and drops nothing`() throws {
        var configuration = CoreConfiguration.lan
        configuration.gossipPerSecond = 1
        let players = try players(2)
        let (table, own) = (table(of: players), players[0].id)
        var gossip = Gossip(configuration)
        for player in players {
            _ = gossip.spread(
                .full(player.full()), about: .member(player.id), .record, among: 2, at: now)
        }
        let due = now + .milliseconds(50)
        let first = gossip.takeWave(
            isFirst: true, in: table, from: own, using: &random, at: due)
        #expect(first?.targets.map(\.id) == [players[1].id])
        // The one datagram of this second is spent; the repairs wait for the next second.
        let again = due + .milliseconds(50)
        let early = gossip.takeWave(
            isFirst: false, in: table, from: own, using: &random, at: again)
        #expect(early == nil)
        let next = try #require(gossip.nextWave(after: again))
        #expect(next > again)
        let later = gossip.takeWave(
            isFirst: false, in: table, from: own, using: &random, at: due + .seconds(1))
        #expect(later?.datagrams.first?.items.count == 2)
    }

    @Test mutating func `ten times as many messages as datagrams all leave, in order`() throws {
        let players = try players(5)
        let (table, own) = (table(of: players), players[0].id)
        var gossip = Gossip(.lan)
        var (sent, dropped) = ([UInt64](), 0)
        var time = now
        // 500 messages a second for two seconds, which is 2,000 datagrams a second if each message takes
        // four of its own; and then some silence.
        for number in 0..<2_500 as Range<UInt64> {
            let statement = UserStatement(
                origin: own, sequence: number, timeToLive: 1, applicationType: 1,
                payload: [1, 2, 3], signature: players[0].full().signature)
            if number < 1_000 {
                let queued = gossip.spread(
                    .user(statement), about: .user(own, number), .user, among: 5, at: time)
                if queued?.isDropped == true { dropped += 1 }
            }
            time = time + .milliseconds(2)
            for isFirst in [true, false] {
                let wave = gossip.takeWave(
                    isFirst: isFirst, in: table, from: own, using: &random, at: time)
                guard isFirst else { continue }
                for case .user(let statement) in wave?.datagrams.flatMap(\.items) ?? [] {
                    sent.append(statement.sequence)
                }
            }
        }
        #expect(dropped == 0)
        #expect(sent == Array(0..<1_000))
    }

    @Test mutating func `news is dropped when no other member is left to hear it`() throws {
        let players = try players(2)
        var gossip = Gossip(.lan)
        _ = gossip.spread(
            .full(players[0].full()), about: .member(players[0].id), .record, among: 2, at: now)
        var table = table(of: players)
        table.put(players[1].record(), .dead, since: now)
        let due = now + .milliseconds(50)
        let wave = gossip.takeWave(
            isFirst: true, in: table, from: players[0].id, using: &random, at: due)
        #expect(wave == nil)
        #expect(gossip.nextWave(after: due) == nil)
    }

    @Test func `a message whose way is over is delivered and not passed on`() throws {
        let origin = try Player("n1", number: 1)
        var gossip = Gossip(.lan)
        func message(_ sequence: UInt64, timeToLive: UInt8) -> UserStatement {
            let text = SignedText.user(
                origin: origin.id, sequence: sequence, applicationType: 1, payload: [])
            return UserStatement(
                origin: origin.id, sequence: sequence, timeToLive: timeToLive, applicationType: 1,
                payload: [], signature: origin.authenticator.sign(text))
        }
        let last = gossip.receive(
            message(1, timeToLive: 0), by: origin.authenticator, origin: origin.record())
        guard case .new(passedOn: nil) = last else { return #expect(Bool(false), "\(last)") }
        let other = gossip.receive(
            message(2, timeToLive: 2), by: origin.authenticator, origin: origin.record())
        guard case .new(let passedOn?) = other else { return #expect(Bool(false), "\(other)") }
        #expect(passedOn.timeToLive == 1)
        let repeated = gossip.receive(
            message(2, timeToLive: 2), by: origin.authenticator, origin: origin.record())
        guard case .ignored(.duplicateMessage) = repeated else {
            return #expect(Bool(false), "\(repeated)")
        }
    }
}
