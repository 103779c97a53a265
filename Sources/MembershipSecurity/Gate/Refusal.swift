/// Why the gate dropped a datagram, in the order in which it looks.
package enum Refusal: Int, Error, Hashable, Sendable, CaseIterable {
    /// Not the size of a frame: 112, 176, 240 … 1,328 bytes.
    case length
    /// Does not begin like one of our frames.
    case magic
    /// A version of the wire that this code does not speak.
    case version
    /// A suite that this code does not speak.
    case unsupportedSuite
    /// Sealed under a key that is not in the ring.
    case unknownKey
    /// The short MAC is wrong: from a stranger, for another node or boot, or damaged.
    case mac
    /// Carries our own boot id as its sender: our frame, sent back to us.
    case ownBoot
    /// Sequence 0, which no sender uses.
    case zeroSequence
    /// Seen before, or too old to tell.
    case replay
    /// Under the keys of a pair, from a boot whose key we do not know (or that is no sound key): the
    /// sender may be asked who it is.
    case unknownPeer
    /// The tag is wrong: forged or damaged.
    case tag
    /// Under the cluster key, and there were too many of those this second.
    case introductionRate

    /// What counters, metrics and fixtures call it; Specs/Wire.md, section 7. Never changes.
    package var name: String {
        switch self {
        case .length: "length"
        case .magic: "magic"
        case .version: "version"
        case .unsupportedSuite: "unsupported-suite"
        case .unknownKey: "unknown-key"
        case .mac: "mac"
        case .ownBoot: "own-boot"
        case .zeroSequence: "zero-sequence"
        case .replay: "replay"
        case .introductionRate: "introduction-rate"
        case .unknownPeer: "unknown-peer"
        case .tag: "tag"
        }
    }
}

/// What has passed the gate and what has not, since the start of this run.
package struct GateCounters: Equatable, Sendable {
    package private(set) var opened: UInt64 = 0
    package private(set) var sealed: UInt64 = 0
    private var refusals = [UInt64](repeating: 0, count: Refusal.allCases.count)

    package init() {}

    package subscript(refusal: Refusal) -> UInt64 { refusals[refusal.rawValue] }

    package var refused: UInt64 { refusals.reduce(0, &+) }

    mutating func countOpened() { opened &+= 1 }
    mutating func countSealed() { sealed &+= 1 }
    mutating func count(_ refusal: Refusal) { refusals[refusal.rawValue] &+= 1 }

    /// Many at once: for what takes a year to count.
    mutating func add(sealed more: UInt64 = 0, failedTags: UInt64 = 0) {
        sealed &+= more
        refusals[Refusal.tag.rawValue] &+= failedTags
    }
}
