import MembershipWire

/// The purpose for which we open a stream.
enum StreamPurpose: Sendable {
    case join(attempt: UInt64)
    case sync
    /// A sync of the states that members publish.
    case states
    /// The TCP fallback probe: a member does not answer datagrams, so does it answer here?
    case probe(NodeID)
    case keys(KeysCall)
    /// Does a second process run under our identity? (`DuplicateIdentity`)
    case duplicate(DuplicateCall)
    /// Does this member hold the boot key that it states, which another entry holds?
    case claim(NodeID)
    /// A message of the application to a member, and its answer.
    case message(MessageCall)
    /// It is to stay open.
    case lifeline(NodeID)

    /// The purpose that HELLO announces. Calls that need no more than HELLO_ACK announce a sync.
    var announced: StreamMessage.Purpose {
        switch self {
        case .join: .join
        case .sync, .probe, .duplicate, .claim: .sync
        case .states: .states
        case .keys: .keys
        case .message: .message
        case .lifeline: .lifeline
        }
    }

    /// How long such a stream may take in all.
    func patience(by configuration: CoreConfiguration) -> Duration {
        switch self {
        case .probe, .duplicate, .claim, .lifeline: configuration.callPatience
        case .keys: configuration.keysPatience
        case .join, .sync, .states, .message: configuration.streamPatience
        }
    }
}

/// A talk about keys with a member: it gets our keyset, and gives us its own if that is newer.
struct KeysCall: Sendable {
    let member: NodeID
    /// The boot that has used a retired key, if that is why we call.
    var outdatedBoot: BootID?
    /// The attempt of a rotation; the owner of the rotation learns the result.
    var attempt: UInt64?
}

/// A message of the application to a member.
struct MessageCall: Sendable {
    let member: NodeID
    let attempt: UInt64
}

/// A call to a process that may run under our identity.
struct DuplicateCall: Sendable {
    let boot: BootID
    /// The join that has met it: it ends with the call.
    let attempt: UInt64?
}
