/// How many durations fell into each of fifteen ranges: a histogram of a fixed size.
///
/// To note one is at most fourteen comparisons and two additions, without an allocation, so the node does it for
/// every ack. The bounds are constants: histograms of many nodes can be added up only if they are equal everywhere.
///
/// Invariant: the bounds ascend. A duration is counted in the range of the first bound that it does not exceed,
/// and in the last range if it exceeds all.
package struct DurationHistogram: Sendable {
    /// The kind of duration, which decides about the bounds.
    package enum Scale: Sendable {
        /// From a heartbeat to its ack. Three bounds a decade, from the fastest loopback to `openHeartbeatAge`,
        /// after which an ack does not count.
        case roundTrip
        /// From the start of a suspicion to its end. The patience is the tolerance to four times that: 0.8 s to
        /// 12 s in the profiles, and what a user chooses.
        case suspicion
        /// From the last answer of a member to this node until it is known to be dead. Beyond ten members most of
        /// it is the pause since this node probed the member last: up to a period for each member.
        case silence

        /// The upper bounds.
        fileprivate var microseconds: [14 of Int64] {
            switch self {
            case .roundTrip:
                [
                    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000,
                    250_000,
                    500_000, 1_000_000,
                ]
            case .suspicion:
                [
                    25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_000_000, 3_000_000,
                    4_000_000, 6_000_000, 8_000_000, 15_000_000, 30_000_000, 60_000_000,
                ]
            case .silence:
                [
                    100_000, 250_000, 500_000, 1_000_000, 2_000_000, 3_000_000, 4_000_000,
                    6_000_000,
                    8_000_000, 15_000_000, 30_000_000, 60_000_000, 120_000_000, 300_000_000,
                ]
            }
        }
    }

    package let scale: Scale
    private var ranges = [15 of UInt64](repeating: 0)
    private var nanoseconds: UInt64 = 0

    package init(_ scale: Scale) { self.scale = scale }

    package mutating func note(_ duration: Duration) {
        let bounds = scale.microseconds
        let time = max(0, duration.nanoseconds)
        var range = 0
        while range < bounds.count, time > bounds[range] * 1_000 { range += 1 }
        ranges[range] &+= 1
        nanoseconds &+= UInt64(time)
    }

    /// The upper bounds; each belongs to its range.
    package var bounds: [Duration] {
        let bounds = scale.microseconds
        return bounds.indices.map { .microseconds(bounds[$0]) }
    }

    /// One number for each bound, and one for all that is longer.
    package var counts: [UInt64] { ranges.indices.map { ranges[$0] } }

    package var sum: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }
}
