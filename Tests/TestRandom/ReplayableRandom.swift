import Foundation

/// Random numbers for a test that is different in each run and can be replayed all the same.
///
/// The seed is drawn anew, printed, and part of the description; `IRIDIUM_SEED=n` in the environment
/// takes that one again. SplitMix64 (Steele, Lea and Flood 2014).
package struct ReplayableRandom: RandomNumberGenerator, CustomStringConvertible, Sendable {
    package let seed: UInt64
    private var state: UInt64

    /// - Parameter test: what the seed is printed for.
    package init(_ test: String = #function) {
        let given = ProcessInfo.processInfo.environment["IRIDIUM_SEED"].flatMap { UInt64($0) }
        seed = given ?? .random(in: 0...UInt64.max)
        state = seed
        print("\(test): \(self)")
    }

    package var description: String { "IRIDIUM_SEED=\(seed)" }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
