import MembershipCore
import MembershipSecurity
import MembershipWire
import Testing

@testable import Membership

extension `On loopback` {
    /// A boot key that is used up, or may have been copied, is replaced while the node runs.
    @Suite(.timeLimit(.minutes(10)))
    struct `A new boot key` {
        let world = World()

        @Test func `a member under a new boot key is known to all and missed by nobody`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2", "n3"])
            let n1 = clusters[0]
            let before = n1.localMember.incarnation
            let old = try #require(await n1.handle?.get { $0.boot.id })
            await n1.handle?.run { $0.renewBoot(at: .now()) }
            for other in clusters[1...] {
                try await other.waitUntil { $0["n1"]?.incarnation ?? before > before }
                #expect(other.member("n1")?.state == .alive)
                #expect(other.member("n1")?.boot == old.value)
            }
            #expect(try #require(await n1.handle?.get { $0.boot.id }) != old)
            // News passes both ways, and a newcomer is let in.
            try await n1.setMetadata([1])
            await clusters[1].waitFor { $0.contains { $0.metadata == [1] } }
            try await clusters[1].setMetadata([2])
            await n1.waitFor { $0.contains { $0.metadata == [2] } }
            let n4 = try await world.start("n4")
            let report = try await n4.join([n1.seed])
            #expect(report.members == 4 && report.udpWorks)
            await (clusters + [n4]).leave()
        }

        @Test func `frames to the boot before are opened for a minute`() async throws {
            let n1 = try await world.start("n1")
            let member = try await ForgedMember(of: n1, world)
            let socket = try RawSocket(.udp, to: n1.localMember.endpoint)
            let handle = try #require(await n1.handle)
            let before = await handle.get { runner in
                runner.renewBoot(at: .now())
                return runner.gate.counters.opened
            }
            let view = Item.view(ViewDigest(members: 2, hash: 1, keyringHash: 0))
            socket.send(
                member.frame(Datagram(.heartbeat(isIntroduction: false), [view]), sequence: 5))
            while await handle.get({ $0.former?.gate.counters.opened ?? .max }) == before {
                await Task.yield()
            }
            #expect(await handle.get { $0.former != nil } == true)
            // A minute later it is gone.
            await handle.get { $0.renewBootIfDue(at: .now() + NodeRunner.overlap) }
            #expect(await handle.get { $0.former == nil } == true)
            await n1.leave()
        }

        @Test func `a node that may be a copy renews its boot key, once a minute at most`()
            async throws
        {
            let n1 = try await world.start("n1")
            let handle = try #require(await n1.handle)
            let boots = await handle.get { runner in
                (0..<3).map { round in
                    runner.mayBeCopied = round > 0
                    runner.renewBootIfDue(at: .now())
                    return runner.boot.id
                }
            }
            let seen = try #require(boots)
            #expect(seen[0] != seen[1])
            #expect(seen[1] == seen[2])
            let later = await handle.get { runner in
                runner.renewBootIfDue(at: .now() + NodeRunner.overlap)
                return runner.boot.id
            }
            #expect(later != seen[2])
            await n1.leave()
        }
    }
}

struct ClockWatchTests {
    private static func reading(day: Int64, boot: Int64 = 0) -> ClockWatch.Reading {
        ClockWatch.Reading(timeOfDay: day, bootTime: boot)
    }

    /// After which of these looks, a moment apart, time was missed.
    private static func answers(_ readings: [ClockWatch.Reading?]) -> [Bool] {
        var watch = ClockWatch()
        return readings.map { watch.hasMissedTime($0) }
    }

    @Test func `clocks that agree say nothing, and drift is not a step`() {
        let drift = (0..<100 as Range<Int64>).map { step in
            Self.reading(day: 5 + step * (ClockWatch.tolerance - 1), boot: step * 100)
        }
        #expect(Self.answers(drift + [nil]) == Array(repeating: false, count: 101))
    }

    @Test(arguments: [
        reading(day: 5 + ClockWatch.tolerance), reading(day: 5 - ClockWatch.tolerance),
        reading(day: 5, boot: ClockWatch.shortestSleep), reading(day: .max), reading(day: .min),
    ])
    func `a step of the time of day or a sleep is time that was missed, once`(
        reading: ClockWatch.Reading
    ) {
        #expect(Self.answers([Self.reading(day: 5), reading, reading]) == [false, true, false])
    }

    @Test func `the clocks of this machine can be read`() {
        #expect(ClockWatch.Reading.now() != nil)
    }
}
