import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Histograms of durations: the value, and what a node notes in its own.
@Suite struct HistogramTests {
    let a, b, c, target: Player

    init() throws {
        a = try Player("a", number: 11)
        b = try Player("b", number: 12)
        c = try Player("c", number: 13)
        target = try Player("target", number: 20)
    }

    @Test(arguments: [DurationHistogram.Scale.roundTrip, .suspicion, .silence])
    func `a duration is counted once, up to the bound that it does not exceed`(
        _ scale: DurationHistogram.Scale
    ) {
        let bounds = DurationHistogram(scale).bounds
        #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count)
        for (place, bound) in bounds.enumerated() {
            for (time, range) in [
                (bound, place), (bound + .nanoseconds(1), place + 1),
                (bound - .nanoseconds(1), place),
            ] {
                var histogram = DurationHistogram(scale)
                histogram.note(time)
                #expect(histogram.counts.firstIndex(of: 1) == range)
                #expect(histogram.counts.reduce(0, +) == 1 && histogram.sum == time)
                #expect(histogram.counts.count == bounds.count + 1)
            }
        }
    }

    @Test func `no duration does harm`() {
        var histogram = DurationHistogram(.silence)
        for duration in [Duration.zero, .seconds(-5), .nanoseconds(Int64.max), .seconds(Int64.max)]
        {
            histogram.note(duration)
        }
        #expect(histogram.counts.first == 2 && histogram.counts.last == 2)
    }

    @Test func `the round trip of each acknowledged heartbeat is noted`() throws {
        var table = try Tabletop.with([a])
        let sent = try #require(table.wait(.seconds(1)).heartbeats.first)
        table.wait(.milliseconds(3))
        let before = table.node.roundTrips.counts.reduce(0, +)
        let ack = Datagram(
            .heartbeatAck(echoedSequence: sent.sequence, health: 0), [.view(.empty)])
        table.receive(ack, from: a)
        table.receive(ack, from: a)
        #expect(table.node.roundTrips.counts.reduce(0, +) == before + 1)
    }

    @Test func `a suspicion is noted by its end, and a death by the last answer`() throws {
        var table = try Tabletop.with([a, b, c, target])
        table.wait(.seconds(8), answering: [a, b, c, target])
        #expect(table.state(of: target) == .alive)

        for accuser in [a, b, c] { table.hear(.suspect(accuser.suspects(target)), from: accuser) }
        table.wait(.milliseconds(900), answering: [a, b, c])
        table.hear(.refresh(target.refresh(2)), from: a)
        #expect(table.state(of: target) == .alive)
        #expect(total(table.node.stateTimes.recoveries) == 1)
        #expect(table.node.stateTimes.recoveries.sum >= .milliseconds(900))
        #expect(total(table.node.stateTimes.deaths) == 0)

        for accuser in [a, b, c] {
            table.hear(.suspect(accuser.suspects(target, 2)), from: accuser)
        }
        table.wait(.milliseconds(3_000), answering: [a, b, c])
        #expect(table.state(of: target) == .dead)
        let times = table.node.stateTimes
        #expect(total(times.recoveries) == 1 && total(times.convictions) == 1)
        #expect(total(times.deaths) == 1)
        #expect(times.convictions.sum >= .seconds(2) && times.convictions.sum < .seconds(3))
        // It last answered before it was first accused.
        #expect(times.deaths.sum > times.convictions.sum + .milliseconds(900))
    }

    private func total(_ histogram: DurationHistogram) -> UInt64 { histogram.counts.reduce(0, +) }
}
