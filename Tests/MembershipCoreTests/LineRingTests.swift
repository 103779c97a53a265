import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Which members a node watches by lifelines, as a value.
@Suite struct LineRingTests {
    private let players: [Player]
    private var ring: LineRing

    init() throws {
        players = try (1...12).map { try Player("p\($0)", number: $0) }.sorted { $0.id < $1.id }
        var configuration = CoreConfiguration.lan
        configuration.holdsLifelines = true
        ring = LineRing(configuration)
    }

    private func table(unanswering: Range<Int> = 0..<0) -> MemberTable {
        var table = MemberTable(.lan)
        for player in players {
            let record = MemberRecord(
                verified: player.core, id: player.id, boot: player.boot,
                coreHash: player.coreHash, incarnation: .first, standing: .alive,
                signature: player.full().signature)
            table.put(record, .alive, since: .origin)
        }
        for index in unanswering { table.setUnanswering(players[index].id, true) }
        return table
    }

    private func plan(in table: MemberTable, at now: ClusterInstant = .origin) -> LineRing.Plan {
        ring.plan(in: table, from: players[0].id, at: now) { _ in
            true
        } isLost: { _ in
            false
        }
    }

    @Test func `the next two in the circle are opened`() {
        #expect(plan(in: table()).open == [players[1].id, players[2].id])
    }

    @Test func `members that do not answer are opened beside the two, four at most`() {
        let opened = plan(in: table(unanswering: 1..<8)).open
        #expect(opened == [1, 2, 3, 4, 8, 9].map { players[$0].id })
    }

    @Test func `an open line to a member that stops to answer stays one of the two`() {
        var own = self
        for index in 1...2 {
            own.ring.noteOpening(players[index].id)
            own.ring.stand(
                LineRing.Line(member: players[index].id, boot: players[index].boot, isOurs: true),
                on: StreamID(UInt64(index)))
        }
        let plan = own.plan(in: table(unanswering: 1..<2))
        #expect(plan.open.isEmpty)
        #expect(plan.close.isEmpty)
    }

    @Test func `a line is given up only after those of the two stand`() {
        var own = self
        let old = LineRing.Line(member: players[5].id, boot: players[5].boot, isOurs: true)
        own.ring.stand(old, on: StreamID(9))
        #expect(own.plan(in: table()).close.isEmpty)
        for index in 1...2 {
            own.ring.stand(
                LineRing.Line(member: players[index].id, boot: players[index].boot, isOurs: true),
                on: StreamID(UInt64(index)))
        }
        #expect(own.plan(in: table()).close == [StreamID(9)])
    }
}
