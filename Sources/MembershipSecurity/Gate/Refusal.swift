/// The reason why the gate dropped a datagram, in the order of the checks.
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
    /// Carries our own boot id as its sender: our own frame, returned to us.
    case ownBoot
    /// Sequence 0, which no sender uses.
    case zeroSequence
    /// Seen before, or too old to decide.
    case replay
    /// Under pairwise keys, from a boot whose key is unknown or invalid: the node may ask the
    /// sender for its record.
    case unknownPeer
    /// The tag is wrong: forged or damaged.
    case tag
    /// Under the cluster key, beyond the rate of this second.
    case introductionRate

    /// The name in counters, metrics and fixtures; Specs/Wire.md, section 7. Never changes.
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

/// Counts of frames that passed the gate and of those that did not, since the start of this run.
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

    /// Adds many at once, for amounts that take a year to count.
    mutating func add(sealed more: UInt64 = 0, failedTags: UInt64 = 0) {
        sealed &+= more
        refusals[Refusal.tag.rawValue] &+= failedTags
    }
}
