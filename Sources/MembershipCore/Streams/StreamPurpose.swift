import MembershipWire

/// What we open a stream for.
enum StreamPurpose: Sendable {
    case join(attempt: UInt64)
    case sync
    /// The TCP fallback probe: a member does not answer datagrams, so does it answer here?
    case probe(NodeID)
    case keys(KeysCall)

    /// What HELLO says. A probe needs no more than HELLO_ACK, and asks like a sync.
    var announced: StreamMessage.Purpose {
        switch self {
        case .join: .join
        case .sync, .probe: .sync
        case .keys: .keys
        }
    }

    /// How long such a stream may take in all.
    func patience(by configuration: CoreConfiguration) -> Duration {
        switch self {
        case .probe: configuration.callPatience
        case .keys: configuration.keysPatience
        case .join, .sync: configuration.streamPatience
        }
    }
}

/// A talk about keys with a member: it gets our keyset, and gives us its own if that is newer.
struct KeysCall: Sendable {
    let member: NodeID
    /// The boot that has used a retired key, if that is why we call.
    var outdatedBoot: BootID?
    /// Of a rotation, whose owner is told what came of it.
    var attempt: UInt64?
}
