import MembershipCore

/// Measured times and their statistics.
package struct Samples: Sendable {
    private var values: [Duration]

    package init(_ values: [Duration] = []) { self.values = values }

    package var count: Int { values.count }

    package mutating func add(_ value: Duration) { values.append(value) }

    package mutating func add(_ more: [Duration]) { values += more }

    /// The smallest value that at least `percent` of all do not exceed (nearest rank); nil if there
    /// are none. O(n log n).
    package func percentile(_ percent: Int) -> Duration? {
        guard !values.isEmpty else { return nil }
        let rank = (values.count * min(max(percent, 0), 100) + 99) / 100
        return values.sorted()[max(rank, 1) - 1]
    }

    package var median: Duration? { percentile(50) }
    package var longest: Duration? { values.max() }
}
