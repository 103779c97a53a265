import MembershipCore

/// Randomness that can be replayed: xoshiro256** (Blackman and Vigna 2018), seeded by SplitMix64.
///
/// Every part of a world draws from a separate generator, split off by a label. So a fault that
/// draws one number more does not change the network's next draw, and a failing run can be shrunk
/// without turning into another run.
package struct SeededRandom: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var mixer = SplitMix(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// A generator for one purpose; the same seed and label always give the same one.
    package init(seed: UInt64, label: StaticString, index: UInt64 = 0) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        label.withUTF8Buffer { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        var mixer = SplitMix(state: seed &+ hash)
        self.init(seed: mixer.next() ^ SplitMix.scramble(index &+ 0x9E37_79B9))
    }

    package mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// Uniform in `0 ..< bound`; 0 for a bound of 0. The bias is below `bound / 2^64`.
    package mutating func below(_ bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }

    /// Uniform in `0 ..< count`; 0 if `count` is 0.
    package mutating func index(below count: Int) -> Int {
        Int(below(UInt64(max(count, 0))))
    }

    /// Uniform in `low ... high`, by nanoseconds.
    package mutating func duration(from low: Duration, through high: Duration) -> Duration {
        let first = low.nanoseconds
        let span = max(0, high.nanoseconds - first)
        return .nanoseconds(first + Int64(below(UInt64(span) + 1)))
    }

    /// True with this probability. Draws nothing if the answer is certain.
    package mutating func chance(_ probability: Probability) -> Bool {
        if probability == .never { return false }
        if probability == .always { return true }
        return below(UInt64(Probability.whole)) < UInt64(probability.millionths)
    }

    /// `count` different elements in random order; all of them if there are fewer.
    package mutating func sample<Element>(_ count: Int, of elements: [Element]) -> [Element] {
        var pool = elements
        let taken = min(max(count, 0), pool.count)
        for index in 0..<taken { pool.swapAt(index, index + self.index(below: pool.count - index)) }
        return Array(pool.prefix(taken))
    }
}

/// A probability in millionths: no floating point decides anything in a run.
package struct Probability: Hashable, Comparable, Sendable {
    static let whole: UInt32 = 1_000_000

    /// 0 ... 1,000,000.
    package let millionths: UInt32

    package init(millionths: UInt32) { self.millionths = min(millionths, Self.whole) }
    package init(percent: UInt32) { self.init(millionths: min(percent, 100) * 10_000) }

    package static let never = Probability(millionths: 0)
    package static let always = Probability(millionths: whole)

    package static func < (a: Self, b: Self) -> Bool { a.millionths < b.millionths }

    /// `20 %`, `0.5 %`.
    package var text: String {
        let (whole, rest) = (millionths / 10_000, millionths % 10_000)
        guard rest > 0 else { return "\(whole) %" }
        var digits = String(rest)
        digits = String(repeating: "0", count: 4 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits) %"
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): spreads a seed over all bits.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.scramble(state)
    }

    /// The finaliser alone: a bijection in which every input bit reaches every output bit.
    static func scramble(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
