import MembershipWire

/// One stream, by how far its conversation has come. Each state holds what that state needs, so that no
/// message can be taken in a state that has no place for it.
///
/// The handshake shows who is on the other side: HELLO_ACK to the node that opened the stream, JOIN to
/// the one that accepted it. Everything after that is provisional until the stream has ended well.
/// Specs/Wire.md, sections 5 and 6.1.
enum StreamSession: Sendable {
    // We opened it.

    /// HELLO is out.
    case opened(StreamPurpose)
    /// Our record and our peer list are out, the other side's list comes in.
    case joining(attempt: UInt64, StagedItems, KeysReceipt = .none)
    case syncing(SyncRequest)
    /// Our record and our keyset are out.
    case givingKeys(KeysCall, KeysReceipt = .none)
    /// Our record is out; the shell writes a message and gets the answer.
    case talking(MessageCall)

    // We accepted it.

    /// HELLO_ACK is out.
    case accepted(AcceptedPurpose)
    /// A join of another: our peer list is out, its list comes in.
    case admitting(StagedItems)
    case answeringSync(SyncAnswer)
    case receivingKeys(from: NodeID, KeysReceipt = .none)
    /// The shell gets a message, and writes an answer.
    case listening(StreamID, to: NodeID)

    /// The purpose of a stream that we accepted.
    enum AcceptedPurpose: Sendable {
        case join
        case sync
        case states
        case keys
        case message
        /// Opened by a second process of our identity: HELLO_ACK is all that it gets.
        case duplicate
        case lifeline
        /// Opened under a key that we have retired: the caller may get the new ones, and nothing else.
        case retiredKey
    }

    /// The purpose for which we opened it; nil if we accepted it.
    var purpose: StreamPurpose? {
        switch self {
        case .opened(let purpose): purpose
        case .joining(let attempt, _, _): .join(attempt: attempt)
        case .syncing(let request): request.subject == .states ? .states : .sync
        case .givingKeys(let call, _): .keys(call)
        case .talking(let call): .message(call)
        case .accepted, .admitting, .answeringSync, .receivingKeys, .listening: nil
        }
    }

    /// Whether another member has opened it and has not shown yet who it is.
    var isBeforeJoin: Bool {
        switch self {
        case .accepted: true
        case .answeringSync, .opened, .joining, .syncing, .givingKeys, .talking, .admitting,
            .receivingKeys, .listening:
            false
        }
    }

    // MARK: Items that it brings

    /// The items that have been staged; nil in a state that takes in no items, and such a state ignores a value.
    private(set) var staged: StagedItems? {
        get {
            switch self {
            case .joining(_, let staged, _), .admitting(let staged): staged
            case .syncing(let request): request.staged
            case .answeringSync(let answer): answer.staged
            case .opened, .accepted, .givingKeys, .talking, .receivingKeys, .listening: nil
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .joining(let attempt, _, let keys):
                self = .joining(attempt: attempt, newValue, keys)
            case .admitting: self = .admitting(newValue)
            case .syncing(var request):
                request.staged = newValue
                self = .syncing(request)
            case .answeringSync(var answer):
                answer.staged = newValue
                self = .answeringSync(answer)
            case .opened, .accepted, .givingKeys, .talking, .receivingKeys, .listening: break
            }
        }
    }

    /// The member that has called with a message.
    var messageCaller: NodeID? {
        if case .listening(_, let caller) = self { caller } else { nil }
    }

    /// Takes in items if this is a state for that.
    mutating func stage(_ change: (inout StagedItems) -> StagedItems.Staging) -> StagedItems.Staging
    {
        guard var items = staged else { return .misplaced }
        // Held once, so that they grow in their place: a list has thousands, in hundreds of chunks.
        staged = StagedItems(from: items.sender, items.senderRecord)
        defer { staged = items }
        return change(&items)
    }

    // MARK: Keys

    /// The state of KEYS on this stream; nil in a state that has no place for them.
    var keys: KeysReceipt? {
        get {
            switch self {
            case .joining(_, _, let keys), .givingKeys(_, let keys), .receivingKeys(_, let keys):
                keys
            case .syncing(let request): request.keys
            case .opened, .accepted, .talking, .admitting, .answeringSync, .listening: nil
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .joining(let attempt, let staged, _):
                self = .joining(attempt: attempt, staged, newValue)
            case .syncing(var request):
                request.keys = newValue
                self = .syncing(request)
            case .givingKeys(let call, _): self = .givingKeys(call, newValue)
            case .receivingKeys(let caller, _): self = .receivingKeys(from: caller, newValue)
            case .opened, .accepted, .talking, .admitting, .answeringSync, .listening: break
            }
        }
    }

    /// The member on the other side, in a state that has a place for KEYS.
    var keysSender: NodeID? {
        switch self {
        case .joining(_, let staged, _): staged.sender
        case .syncing(let request): request.staged.sender
        case .givingKeys(let call, _): call.member
        case .receivingKeys(let caller, _): caller
        case .opened, .accepted, .talking, .admitting, .answeringSync, .listening: nil
        }
    }
}

/// The state of the KEYS that the other side may send, once.
enum KeysReceipt: Hashable, Sendable {
    case none
    /// The shell is storing them.
    case pending
    case taken(KeysOutcome)

    /// Whether the other side has given us keys that we now hold.
    var hasGivenKeys: Bool {
        switch self {
        case .taken(.same): true
        case .taken, .pending, .none: false
        }
    }

    /// Whether the shell has stored them, or has not: then our side has answered.
    var isTaken: Bool {
        switch self {
        case .taken: true
        case .pending, .none: false
        }
    }

    /// The member's answer, by the code that ended a stream that we opened for keys.
    func answer(endedWith code: StreamEndCode) -> KeysAnswer {
        switch code {
        case .cannotKeep: .cannotKeep
        case .done, .inMemoryOnly:
            hasGivenKeys ? .confirmed(inMemoryOnly: code == .inMemoryOnly) : .declined
        // It has retired our key: it is we who were behind.
        case .retiredKey: .declined
        case .unknownKey, .wrongCluster, .version, .busy, .aliasTaken, .protocolViolation, .leaving,
            .noHandler, .tooLong, .applicationRefused, .moved,
            .heldDead, .oldBoot, .noLifelines:
            .ended(code)
        }
    }
}
