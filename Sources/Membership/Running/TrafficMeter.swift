import MembershipWire

/// Counts the traffic of the UDP socket and the refusals of the node, for `status` and for metrics.
///
/// Counting is adding to a number. The metrics backend gets a report at most once a second, so that
/// it costs the same whether a node receives two datagrams a second or a hundred thousand.
struct TrafficMeter {
    private(set) var traffic = ClusterStatus.Traffic()
    /// The refusals of this layer; gate, codec and core have their own counters.
    private var refusals = [UInt64](repeating: 0, count: SocketRefusal.allCases.count)
    private var codecRefusals: [WireError: UInt64] = [:]

    mutating func received(bytes: Int) {
        traffic.datagramsIn &+= 1
        traffic.bytesIn &+= UInt64(bytes)
    }

    mutating func sent(bytes: Int) {
        traffic.datagramsOut &+= 1
        traffic.bytesOut &+= UInt64(bytes)
    }

    mutating func refuse(_ reason: SocketRefusal) { refusals[reason.rawValue] &+= 1 }
    mutating func refuse(_ reason: WireError) { codecRefusals[reason, default: 0] &+= 1 }

    /// In a fixed order; only reasons that occurred.
    var refused: [ClusterStatus.Refusal] {
        let own = SocketRefusal.allCases.map {
            ClusterStatus.Refusal(reason: $0.name, count: refusals[$0.rawValue])
        }
        let codec = WireError.allCases.map {
            ClusterStatus.Refusal(reason: $0.reason, count: codecRefusals[$0] ?? 0)
        }
        return (own + codec).filter { $0.count > 0 }
    }
}

/// The reasons why the sockets' side of a node drops data before or after gate, codec and core.
enum SocketRefusal: Int, CaseIterable {
    /// Longer than any frame, so that it did not fit into the 2,048 bytes it was read into.
    case oversized
    /// Its source is not an address that a member could have.
    case strangeSource
    /// To a member with the other address family, which this socket cannot reach.
    case unreachableFamily
    /// One of our messages could not be encoded or sealed.
    case unsendable
    /// The system did not take a datagram.
    case sendFailed
    /// A message of the application that did not fit into the queue of a reader.
    case messageUnread
    /// Inbound streams: too many at once, or too many from one network.
    case streamBusy
    /// Inbound streams: faster than the limit per second; closed without an answer.
    case streamRate
    /// An inbound stream that had sent nothing, or too little, and made room for another.
    case streamDisplaced
    /// A HELLO that was heard before.
    case streamReplay
    /// All inbound streams together had brought too much.
    case streamMemory
    /// A stream that was too slow, too long or too big.
    case streamBounds
    /// A stream with invalid bytes, or whose sender could not prove its identity.
    case streamGarbage
    /// A rejected stream: another key.
    case streamUnknownKey
    /// A rejected stream: our key, another cluster name.
    case streamWrongCluster

    var name: String {
        switch self {
        case .oversized: "oversized"
        case .strangeSource: "strange-source"
        case .unreachableFamily: "unreachable-family"
        case .unsendable: "unsendable"
        case .sendFailed: "send-failed"
        case .messageUnread: "message-unread"
        case .streamBusy: "stream-busy"
        case .streamRate: "stream-rate"
        case .streamDisplaced: "stream-displaced"
        case .streamReplay: "stream-replay"
        case .streamMemory: "stream-memory"
        case .streamBounds: "stream-bounds"
        case .streamGarbage: "stream-garbage"
        case .streamUnknownKey: "stream-unknown-key"
        case .streamWrongCluster: "stream-wrong-cluster"
        }
    }
}
