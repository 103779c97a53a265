package import MembershipCore
package import MembershipWire

/// One machine with at most one process: the real node value, and around it the little that a
/// production shell does (sockets, a timer, a file with the last incarnation, its seeds).
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
    /// Who it is known as.
    package internal(set) var id: NodeID
    package internal(set) var clock: NodeClock
    package internal(set) var phase = Phase.stopped
    package internal(set) var node: ClusterNode?
    /// Has a process, awake or not. Set together with `node`: to ask a large optional whether it is
    /// nil copies it.
    package internal(set) var hasProcess = false
    /// How often it was started.
    package internal(set) var boots = 0
    package internal(set) var boot: BootID?
    package internal(set) var bootKey: BootKey?
    /// Set by `leave`: it ends by its own will.
    package internal(set) var isLeaving = false
    package internal(set) var traffic = Traffic()

    /// How its process signs.
    var authenticator: (any StatementAuthenticator)?
    /// Its gate, where frames are sealed.
    var sealedEnd: SealedEnd?

    // What its disk keeps.
    var identitySeed: Octets32
    /// The version of the keyset that it holds, which it also shows as its keyring hash.
    var keyset: UInt32 = 0
    var lastIncarnation: Incarnation?
    var metadata: [UInt8] = []

    // Its shell.
    var seeds: [SeedWatch] = []
    /// Where the world has a name for all seeds.
    var nameWatch: NameWatch?
    var joinAttempts: UInt64 = 0
    /// By how much its wall clock is wrong.
    var wallClockError: Duration = .zero
    /// When its node wants to be called.
    var deadline: ClusterInstant?
    var timer: (time: WorldInstant, generation: UInt64)?
    var timerGeneration: UInt64 = 0
    var streams: [UInt64: UInt64] = [:]
    var nextAcceptedStream: UInt64 = 1

    // What slows it down.
    var receiveDelay: Duration = .zero
    var sendDelay: Duration = .zero
    /// Out of file descriptors.
    var isExhausted = false
    var receiveFloor: WorldInstant = .beginning
    var sendFloor: WorldInstant = .beginning
    /// What came while it was paused, oldest first.
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

/// How a shell looks after one of its seeds: asked until it is alive in the own view, at growing
/// intervals, for ever.
struct SeedWatch: Sendable {
    let host: Int
    var pause: SeedPause
    /// The attempt that is under way.
    var attempt: UInt64?
}

/// What one host sent and received, headers of IP and UDP included.
package struct Traffic: Hashable, Sendable {
    package var datagramsSent: UInt64 = 0
    package var datagramBytesSent: UInt64 = 0
    package var datagramsReceived: UInt64 = 0
    package var datagramBytesReceived: UInt64 = 0
    package var streamsOpened: UInt64 = 0
    package var streamBytesSent: UInt64 = 0
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
}

/// A datagram on its way.
struct Packet: Sendable {
    var sender: Int
    var source: Endpoint
    var senderBoot: BootID
    var destinationBoot: BootID
    var sequence: UInt64
    var content: Content
    /// As the network counts it: frame, UDP and IP header.
    var byteCount: Int

    enum Content: Sendable {
        case value(Datagram)
        case frame([UInt8])
    }
}
