package import MembershipCore
package import MembershipWire

/// One machine with at most one process: the real node value, and around it a small part of a
/// production shell (sockets, a timer, a file with the last incarnation, its seeds).
package struct SimulatedHost: Sendable {
    package enum Phase: Hashable, Sendable {
        /// Never started, killed, or ended by itself; the machine refuses connections.
        case stopped
        case running
        /// Sockets fill up and timers wait.
        case paused
        /// The machine itself is gone.
        case vanished
    }

    package let index: Int
    package internal(set) var alias: NodeAlias
    package internal(set) var identityKey: IdentityKey
    package internal(set) var endpoint: Endpoint
    /// Its current node id.
    package internal(set) var id: NodeID
    package internal(set) var clock: NodeClock
    package internal(set) var phase = Phase.stopped
    package internal(set) var node: ClusterNode?
    /// Whether it has a process, awake or not. It is set together with `node`, because asking a
    /// large optional whether it is nil copies it.
    package internal(set) var hasProcess = false
    /// Number of starts.
    package internal(set) var boots = 0
    package internal(set) var boot: BootID?
    package internal(set) var bootKey: BootKey?
    /// Set by `leave`: the process ends on purpose.
    package internal(set) var isLeaving = false
    package internal(set) var traffic = Traffic()

    /// Signs for its process, and for statements against the rules.
    var authenticator: (any StatementAuthenticator)?
    /// Its gate, in worlds that seal frames.
    var sealedEnd: SealedEnd?
    var lies: UInt64 = 0

    // State on its disk.
    var identitySeed: Octets32
    /// The version of its keyset, which is also its keyring hash.
    var keyset: UInt32 = 0
    var lastIncarnation: Incarnation?
    var metadata: [UInt8] = []

    // State of its shell.
    var seeds: [SeedWatch] = []
    /// The state of looking up the seed name, if the world has one.
    var nameWatch: NameWatch?
    var joinAttempts: UInt64 = 0
    /// The error of its wall clock.
    var wallClockError: Duration = .zero
    /// The next deadline of its node.
    var deadline: ClusterInstant?
    var timer: (time: WorldInstant, generation: UInt64)?
    var timerGeneration: UInt64 = 0
    var streams: [UInt64: UInt64] = [:]
    var nextAcceptedStream: UInt64 = 1
    /// Those that no answer has come to yet.
    var knocks: Set<KnockID> = []

    // Causes of slowness.
    var receiveDelay: Duration = .zero
    var sendDelay: Duration = .zero
    /// Whether it is out of file descriptors.
    var isExhausted = false
    var receiveFloor: WorldInstant = .beginning
    var sendFloor: WorldInstant = .beginning
    /// Arrivals while it was paused, oldest first.
    var backlog: [Arrival] = []

    init(
        index: Int, alias: NodeAlias, identityKey: IdentityKey, identitySeed: Octets32,
        id: NodeID, endpoint: Endpoint,
        clock: NodeClock
    ) {
        self.index = index
        self.alias = alias
        self.identityKey = identityKey
        self.identitySeed = identitySeed
        self.id = id
        self.endpoint = endpoint
        self.clock = clock
    }

    package var isRunning: Bool { phase == .running }
}

/// A shell's work on one of its seeds: it is asked until it is alive in the node's own view, at
/// growing intervals, for ever.
struct SeedWatch: Sendable {
    let host: Int
    var pause: SeedPause
    /// The attempt under way.
    var attempt: UInt64?
}

/// The traffic that one host sent and received, headers of IP and UDP included.
package struct Traffic: Hashable, Sendable {
    package var datagramsSent: UInt64 = 0
    package var datagramBytesSent: UInt64 = 0
    package var datagramsReceived: UInt64 = 0
    package var datagramBytesReceived: UInt64 = 0
    package var streamsOpened: UInt64 = 0
    package var streamBytesSent: UInt64 = 0
    package var knocks: UInt64 = 0
    /// Lost because the socket's queue was full.
    package var datagramsOverflowed: UInt64 = 0
    /// Addressed to another boot, or refused by the gate or the codec.
    package var datagramsRefused: UInt64 = 0

    package static func - (later: Traffic, earlier: Traffic) -> Traffic {
        Traffic(
            datagramsSent: later.datagramsSent - earlier.datagramsSent,
            datagramBytesSent: later.datagramBytesSent - earlier.datagramBytesSent,
            datagramsReceived: later.datagramsReceived - earlier.datagramsReceived,
            datagramBytesReceived: later.datagramBytesReceived - earlier.datagramBytesReceived,
            streamsOpened: later.streamsOpened - earlier.streamsOpened,
            streamBytesSent: later.streamBytesSent - earlier.streamBytesSent,
            knocks: later.knocks - earlier.knocks,
            datagramsOverflowed: later.datagramsOverflowed - earlier.datagramsOverflowed,
            datagramsRefused: later.datagramsRefused - earlier.datagramsRefused)
    }

    package static func += (total: inout Traffic, part: Traffic) {
        total.datagramsSent += part.datagramsSent
        total.datagramBytesSent += part.datagramBytesSent
        total.datagramsReceived += part.datagramsReceived
        total.datagramBytesReceived += part.datagramBytesReceived
        total.streamsOpened += part.streamsOpened
        total.streamBytesSent += part.streamBytesSent
        total.knocks += part.knocks
        total.datagramsOverflowed += part.datagramsOverflowed
        total.datagramsRefused += part.datagramsRefused
    }
}

/// Something that has reached a machine and waits for its process.
enum Arrival: Sendable {
    case packet(Packet)
    case parcel(StreamParcel, pipe: UInt64, side: StreamSide)
    /// The limit of a stream has passed on this side.
    case streamLimit(pipe: UInt64, side: StreamSide, isHandshake: Bool)
    case streamFailure(StreamID, StreamFailure)
    case knocked(KnockID, KnockAnswer)
}

/// A datagram on its way.
struct Packet: Sendable {
    var sender: Int
    var source: Endpoint
    var senderBoot: BootID
    var destinationBoot: BootID
    var sequence: UInt64
    var content: Content
    /// The network's count: frame, UDP and IP header.
    var byteCount: Int

    enum Content: Sendable {
        case value(Datagram)
        case frame([UInt8])
    }
}
