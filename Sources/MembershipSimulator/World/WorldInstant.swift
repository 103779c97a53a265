package import MembershipCore

/// A moment of the simulated world: nanoseconds since it began. Only the simulator knows it; each
/// node has a separate clock with another start (`NodeClock`).
package struct WorldInstant: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let beginning = WorldInstant(nanoseconds: 0)
    package static let endOfTime = WorldInstant(nanoseconds: .max)

    package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    package static func + (instant: Self, duration: Duration) -> Self {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return overflow ? .endOfTime : WorldInstant(nanoseconds: sum)
    }

    package static func - (later: Self, earlier: Self) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }

    /// `12.345678`: seconds, to the microsecond.
    package var text: String { Self.secondsText(nanoseconds, decimals: 6) }

    /// Seconds with `decimals` decimals (0 to 9), cut off, not rounded.
    package static func secondsText(_ nanoseconds: Int64, decimals: Int) -> String {
        let sign = nanoseconds < 0 ? "-" : ""
        let (whole, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard decimals > 0 else { return "\(sign)\(whole)" }
        let digits = String(rest)
        let padded = String(repeating: "0", count: 9 - digits.count) + digits
        return "\(sign)\(whole).\(padded.prefix(decimals))"
    }
}

/// The monotonic clock of one node. It started at its own moment and may leap.
package struct NodeClock: Sendable {
    /// The node's clock minus the world's.
    private var offset: Int64

    init(startingAhead offset: Duration) { self.offset = offset.nanoseconds }

    package func instant(at time: WorldInstant) -> ClusterInstant {
        ClusterInstant(nanoseconds: time.nanoseconds.addingReportingOverflow(offset).partialValue)
    }

    /// The time at which this clock will show `instant`, if it does not leap before.
    package func time(of instant: ClusterInstant) -> WorldInstant {
        let (difference, overflow) = instant.nanoseconds.subtractingReportingOverflow(offset)
        return overflow ? .endOfTime : WorldInstant(nanoseconds: difference)
    }

    mutating func leap(by duration: Duration) { offset += duration.nanoseconds }
}
