/// One number a reason.
package struct CoreCounters: Sendable {
    /// Signatures that were checked.
    private(set) var checks: UInt64 = 0
    private var counts = Array(repeating: UInt64(0), count: IgnoredReason.allCases.count)

    package subscript(_ reason: IgnoredReason) -> UInt64 {
        counts[Self.index(of: reason)]
    }

    /// In the order of declaration; zeros included.
    package var all: [(reason: IgnoredReason, count: UInt64)] {
        IgnoredReason.allCases.map { ($0, self[$0]) }
    }

    mutating func count(_ reason: IgnoredReason) {
        counts[Self.index(of: reason)] &+= 1
    }

    mutating func noteCheck() { checks &+= 1 }

    private static let positions = Dictionary(
        uniqueKeysWithValues: IgnoredReason.allCases.enumerated().map { ($1, $0) })

    private static func index(of reason: IgnoredReason) -> Int { positions[reason] ?? 0 }
}
