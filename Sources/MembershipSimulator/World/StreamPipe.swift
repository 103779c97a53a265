import MembershipCore
import MembershipWire

/// One TCP connection: two lanes that deliver everything, in order, or break.
///
/// What a datagram loses, a lane only delays: a lost or cut-off message is sent again after 200 ms,
/// then after twice that, and so on, and holds back everything behind it. Time limits are those a
/// node puts on its sockets: `handshakeLimit` until the other side has shown who it is,
/// `streamLimit` for the whole.
struct StreamPipe: Sendable {
    /// The end of one host: its process and the name it knows the stream by.
    struct End: Sendable {
        var host: Int
        var boot: Int
        var stream: StreamID
        var isClosed = false
        /// It has been sent `.end`: what follows is no failure.
        var isDone = false
        var isHandshakeDone = false
        /// The version of the keyset that has come and is not taken yet.
        var keyset: UInt32?
    }

    struct Lane: Sendable {
        var unsent: [StreamParcel] = []
        /// Nothing may arrive before this: what was sent earlier arrives earlier.
        var floor: WorldInstant = .beginning
        var failures = 0
        var isWaiting = false
    }

    /// 0: who opened it; 1: who accepted it (nil until the connection stands).
    var opener: End
    var acceptor: End?
    var lanes: [Lane] = [Lane(), Lane()]

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

/// How a process ends: what its peers hear of it.
enum ProcessEnd: Sendable {
    /// Its machine says so at every connection, and again until it is heard.
    case killed
    /// The same with unread bytes in its sockets: a reset, which nobody repeats.
    case aborted
    /// Its network goes with it: said once.
    case removed
    /// Its machine goes with it: nothing.
    case vanished

    var isMachineGone: Bool {
        switch self {
        case .killed, .aborted: false
        case .removed, .vanished: true
        }
    }
}

/// What travels in a lane.
enum StreamParcel: Sendable {
    case message(StreamMessage)
    /// KEYS, with a keyset of this version.
    case keys(UInt32)
    /// Refused in clear, before the handshake.
    case rejection(StreamEndCode)
    /// Everything has been said (FIN).
    case close
    /// The process is gone (RST).
    case reset
}
