import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

@Suite struct ProbeScheduleTests {
    private func table(of players: [Player], gone: Set<Int> = []) -> MemberTable {
        var table = MemberTable(.lan)
        for (index, player) in players.enumerated() {
            let record = MemberRecord(
                verified: player.core, id: player.id, boot: player.boot,
                coreHash: player.coreHash, incarnation: .first, standing: .alive,
                signature: player.full().signature)
            table.put(record, gone.contains(index) ? .dead : .alive, since: .origin)
        }
        return table
    }

    @Test(arguments: [[], [2, 5]] as [Set<Int>])
    func `with a shared clock everybody is probed by exactly one, every round`(gone: Set<Int>)
        throws
    {
        let players = try (1...9).map { try Player("p\($0)", number: $0) }
        let table = table(of: players, gone: gone)
        let living = players.indices.filter { !gone.contains($0) }.map { players[$0] }
        let schedule = ProbeSchedule(unansweringProbes: 8)
        for round in 1_000..<1_050 as Range<Int64> {
            let targets = living.map {
                schedule.target(ofRound: round, in: table, seenFrom: $0.id)?.id
            }
            #expect(Set(targets) == Set(living.map(\.id)))
            #expect(zip(living, targets).allSatisfy { $0.id != $1 })
        }
    }

    @Test func `where many members do not answer, the circle is that of the others`() throws {
        let players = try (1...9).map { try Player("p\($0)", number: $0) }
        var table = table(of: players)
        for ghost in players[6...] { table.setUnanswering(ghost.id, true) }
        let schedule = ProbeSchedule(unansweringProbes: 8)
        for round in 1_000..<1_050 as Range<Int64> {
            let targets = players[..<6].map {
                schedule.target(ofRound: round, in: table, seenFrom: $0.id)?.id
            }
            #expect(Set(targets) == Set(players[..<6].map(\.id)))
        }
    }

    @Test func `a member is probed at a moment of the period that is its own`() throws {
        let players = try (1...5).map { try Player("p\($0)", number: $0) }
        let table = table(of: players)
        var moments: [NodeID: Set<Int64>] = [:]
        for player in players {
            var schedule = ProbeSchedule(unansweringProbes: 8)
            var random = RandomSource(seed: 1)
            let offset: Int64 = 1_700_000_000_000_000_000 + Int64(player.identity.endpoint.port)
            _ = schedule.setClock(unixOffset: offset, jump: .milliseconds(20))
            var now = ClusterInstant(nanoseconds: 5_000_000_000)
            for _ in 0..<40 {
                now = schedule.nextMoment(
                    after: now, period: .seconds(1), in: table, seenFrom: player.id)
                let target = schedule.next(in: table, except: player.id, using: &random)
                let phase = (now.nanoseconds + offset) % 1_000_000_000
                moments[try #require(target).id, default: []].insert(phase)
            }
        }
        #expect(moments.count == players.count)
        #expect(moments.values.allSatisfy { $0.count == 1 })
    }

    /// A clock may say anything, up to the last moment that its number can hold.
    @Test(arguments: [Int64.max, .max - 1_000_000_000, .min, .min + 1, -1, 0])
    func `a clock at the end of its numbers neither traps nor stops the probes`(unix: Int64) throws
    {
        let players = try (1...5).map { try Player("p\($0)", number: $0) }
        let table = table(of: players)
        var schedule = ProbeSchedule(unansweringProbes: 8)
        var now = ClusterInstant(nanoseconds: 5_000_000_000)
        _ = schedule.setClock(unixOffset: unix &- now.nanoseconds, jump: .milliseconds(20))
        for _ in 0..<5 {
            let next = schedule.nextMoment(
                after: now, period: .seconds(1), in: table, seenFrom: players[0].id)
            #expect(next >= now && next - now <= .seconds(3))
            now = next + .milliseconds(1)
        }
    }

    @Test func `a clock that is set anew does not stop the probes`() throws {
        let players = try (1...3).map { try Player("p\($0)", number: $0) }
        let table = table(of: players)
        var schedule = ProbeSchedule(unansweringProbes: 8)
        var now = ClusterInstant(nanoseconds: 5_000_000_000)
        for jump in [0, 3_600_000_000_000, -7_200_000_000_000] as [Int64] {
            let mustPlan = schedule.setClock(
                unixOffset: 1_700_000_000_000_000_000 + jump, jump: .milliseconds(20))
            #expect(mustPlan)
            for _ in 0..<5 {
                let next = schedule.nextMoment(
                    after: now, period: .seconds(1), in: table, seenFrom: players[0].id)
                #expect(next >= now && next - now <= .seconds(2))
                now = next
            }
        }
    }

    @Test func `without a clock nobody is left out of a round`() throws {
        let players = try (1...9).map { try Player("p\($0)", number: $0) }
        let table = table(of: players)
        var schedule = ProbeSchedule(unansweringProbes: 8)
        var random = RandomSource(seed: 3)
        for _ in 0..<5 {
            let round = (1..<9).map { _ in
                schedule.next(in: table, except: players[0].id, using: &random)?.id
            }
            #expect(Set(round) == Set(players.dropFirst().map(\.id)))
        }
    }
}
