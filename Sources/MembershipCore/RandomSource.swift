/// The node's own randomness: xoshiro256** (Blackman, Vigna 2018), seeded by SplitMix64.
///
/// Carried as a value so that a run replays from its seed. It decides whom to ask and when, never a
/// secret: keys and nonces come from libsodium.
package struct RandomSource: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var splitMix = seed
        func draw() -> UInt64 {
            splitMix &+= 0x9E37_79B9_7F4A_7C15
            return mixed(splitMix)
        }
        state = (draw(), draw(), draw(), draw())
    }

    package mutating func next() -> UInt64 {
        let result = rotated(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, by: 45)
        return result
    }

    /// Uniform in `0..<bound`, by Lemire's multiplication; `bound` must be positive.
    package mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Uniform in a range of durations, to the nanosecond.
    package mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        let low = range.lowerBound.nanoseconds
        let width = range.upperBound.nanoseconds - low
        return .nanoseconds(low + Int64(below(Int(width) + 1)))
    }

    /// True `numerator` times out of `denominator`, on average.
    package mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
        below(max(denominator, 1)) < numerator
    }

    private func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
        word << count | word >> (64 - count)
    }
}

/// SplitMix64's finaliser: every input bit reaches every output bit.
package func mixed(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
}
