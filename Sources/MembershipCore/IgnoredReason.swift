/// Why something that was decoded well was still not acted upon. Each has a counter; none is
/// answered unless the rules say so.
package enum IgnoredReason: String, CaseIterable, Sendable {
    case unknownSender
    case lateAck
    case forgedAck
    case badSignature
    case incarnationJump
    case revivedLeft
    case tableFull
    case aheadOfUs
    case staleStatement
    case unknownTarget
    case unknownAccuser
    case tooManyAccusations
    case discountedAccuser
    case unprovenDeath
    case badRelayProof
    /// A record under the node id of another identity.
    case foreignIdentity
    /// A record that states another's boot as its own.
    case foreignBoot
    /// A record under a name that another bears: held, and shown by its id.
    case nameTaken
    /// Two statements by one member under one incarnation; kept as evidence.
    case equivocation
    /// A datagram of ours that did not go out: see `AddressTrials`.
    case unprovenAddress
    case duplicateMessage
    case unexpectedStreamMessage
    case queueFull
}

/// One number a reason.
package struct CoreCounters: Sendable {
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

    private static let positions = Dictionary(
        uniqueKeysWithValues: IgnoredReason.allCases.enumerated().map { ($1, $0) })

    private static func index(of reason: IgnoredReason) -> Int { positions[reason] ?? 0 }
}
