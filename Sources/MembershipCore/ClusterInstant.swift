/// A moment on the monotonic clock of one node: nanoseconds since an origin that the node chooses.
///
/// The core never reads a clock; every `handle` takes the time as an argument. Instants of two
/// nodes are never compared.
package struct ClusterInstant: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let origin = ClusterInstant(nanoseconds: 0)

    package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    package static func + (instant: Self, duration: Duration) -> Self {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return ClusterInstant(nanoseconds: overflow ? .max : sum)
    }

    package static func - (later: Self, earlier: Self) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds; saturates beyond 292 years.
    package var nanoseconds: Int64 {
        // Up to 9 s, and that is nearly all, one word holds it: 128 bits are slow to divide.
        if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
        return Int64(clamping: attoseconds / 1_000_000_000)
    }

    /// Whole milliseconds.
    package var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
