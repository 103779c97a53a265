import MembershipCore

/// Measured times, and what one asks of them.
package struct Samples: Sendable {
    private var sorted: [Duration] = []
    private var isSorted = true

    package init(_ values: [Duration] = []) { add(values) }

    package var count: Int { sorted.count }

    package mutating func add(_ value: Duration) {
        sorted.append(value)
        isSorted = false
    }

    package mutating func add(_ values: [Duration]) {
        sorted += values
        isSorted = false
    }

    /// The smallest value that at least `percent` of all do not exceed (nearest rank); nil of none.
    package mutating func percentile(_ percent: Int) -> Duration? {
        guard !sorted.isEmpty else { return nil }
        if !isSorted {
            sorted.sort()
            isSorted = true
        }
        let rank = (sorted.count * min(max(percent, 0), 100) + 99) / 100
        return sorted[max(rank, 1) - 1]
    }

    package var median: Duration? { mutating get { percentile(50) } }
    package var longest: Duration? { sorted.max() }
}
