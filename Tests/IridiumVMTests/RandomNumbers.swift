import Foundation

/// A small generator (SplitMix64) that gives the same numbers for the same seed, everywhere.
struct RandomNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int {
        Int(next() % UInt64(max(1, bound)))
    }

    mutating func chance(_ percent: Int) -> Bool {
        below(100) < percent
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }
}

/// How often a random test tries: a count that takes a second, or that of the environment, for the
/// long runs of `scripts/fuzz/vm-properties`.
func attempts(_ variable: String, otherwise count: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? count
}

/// Where the seeds of a random test begin: 0, or that of the environment.
func firstSeed() -> Int {
    ProcessInfo.processInfo.environment["IRIDIUM_FIRST_SEED"].flatMap { Int($0) } ?? 0
}
