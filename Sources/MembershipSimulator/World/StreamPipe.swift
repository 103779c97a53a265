import MembershipCore
import MembershipWire

/// One TCP connection: two lanes that deliver everything, in order, or break.
///
/// A loss only delays a lane: a lost or cut-off message is sent again after 200 ms, then after
/// twice that, and so on, and holds back everything behind it. Time limits are those that a node
/// sets on its sockets: `handshakeLimit` until the other side has proved its identity,
/// `streamLimit` for the whole.
struct StreamPipe: Sendable {
    /// The end of one host: its process and the host's number for the stream.
    struct End: Sendable {
        var host: Int
        var boot: Int
        var stream: StreamID
        var isClosed = false
        /// It has received `.end`: later events are not failures.
        var isDone = false
        var isHandshakeDone = false
        /// The version of a keyset that has arrived and is not taken yet.
        var keyset: UInt32?
    }

    struct Lane: Sendable {
        var unsent: [StreamParcel] = []
        /// Nothing may arrive before this: messages arrive in the order in which they were sent.
        var floor: WorldInstant = .beginning
        var failures = 0
        var isWaiting = false
    }

    /// 0: the host that opened it; 1: the host that accepted it (nil until the connection is
    /// established).
    var opener: End
    var acceptor: End?
    var lanes: [Lane] = [Lane(), Lane()]
    /// It stays open.
    var isLifeline = false

    static let handshakeLimit: Duration = .seconds(3)
    static let streamLimit: Duration = .seconds(30)
    static let firstRetransmission: Duration = .milliseconds(200)
    static let longestRetransmission: Duration = .seconds(6)

    var retransmission: (Int) -> Duration {
        { min(Self.firstRetransmission * (1 << min($0, 8)), Self.longestRetransmission) }
    }

    subscript(side: StreamSide) -> End? {
        get { side == .opener ? opener : acceptor }
        set {
            switch side {
            case .opener: if let newValue { opener = newValue }
            case .acceptor: acceptor = newValue
            }
        }
    }
}

enum StreamSide: Int, Sendable {
    case opener = 0
    case acceptor = 1
    var other: StreamSide { self == .opener ? .acceptor : .opener }
}

/// How a process ends, which decides what its peers hear.
enum ProcessEnd: Sendable {
    /// Its machine sends the end of every connection, and repeats it until it arrives.
    case killed
    /// The same with unread bytes in its sockets: a reset, which is not repeated.
    case aborted
    /// Its network goes with it: the end is sent once.
    case removed
    /// Its machine goes with it: nothing is sent.
    case vanished

    var isMachineGone: Bool {
        switch self {
        case .killed, .aborted: false
        case .removed, .vanished: true
        }
    }
}

/// The content of a lane.
enum StreamParcel: Sendable {
    case message(StreamMessage)
    /// KEYS, with a keyset of this version.
    case keys(UInt32)
    /// Refused in clear, before the handshake.
    case rejection(StreamEndCode)
    /// The end of the data (FIN).
    case close
    /// The process is gone (RST).
    case reset
}
