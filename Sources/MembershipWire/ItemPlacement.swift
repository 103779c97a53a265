/// The items that each message may contain, and how often.
///
/// A rumor (a statement of members about members, or a message of the application) may be part of
/// any message except a first contact and a message for one member. A message has at most one view.
/// Relay tokens and proofs are only in messages whose receiver waits for them. An unknown item may
/// be anywhere, unless its type is reserved for streams. Specs/Wire.md, section 4.1.
struct ItemPlacement {
    /// The rule of a message for a kind of item.
    enum Rule: Equatable {
        case never
        case atMostOnce
        case exactlyOnce
        case any
    }

    let rumors: Rule
    let view: Rule
    let relay: Rule
    let proof: Rule
    /// The FULL or LEFT that is the purpose of the message.
    let carries: Carried

    enum Carried {
        case nothing
        /// Exactly one FULL, the sender's, and no rumor with it.
        case ownRecord
        /// At least one REFRESH that says "left", and one of them is the sender's.
        case farewell
    }

    static let heartbeat = ItemPlacement(
        rumors: .any, view: .exactlyOnce, relay: .atMostOnce, proof: .never, carries: .nothing)
    static let introduction = ItemPlacement(
        rumors: .never, view: .exactlyOnce, relay: .never, proof: .never, carries: .ownRecord)
    static let heartbeatAck = ItemPlacement(
        rumors: .any, view: .exactlyOnce, relay: .never, proof: .atMostOnce, carries: .nothing)
    /// Gossip, and all messages between requester and relay.
    static let rumorsAndView = ItemPlacement(
        rumors: .any, view: .atMostOnce, relay: .never, proof: .never, carries: .nothing)
    static let goodbye = ItemPlacement(
        rumors: .any, view: .never, relay: .never, proof: .never, carries: .farewell)
    static let nothing = ItemPlacement(
        rumors: .never, view: .never, relay: .never, proof: .never, carries: .nothing)

    static func of(_ body: Datagram.Body) -> ItemPlacement {
        switch body {
        case .heartbeat(let isIntroduction): isIntroduction ? introduction : heartbeat
        case .heartbeatAck: heartbeatAck
        case .relayHeartbeat, .relayAck, .relayNack, .gossip: rumorsAndView
        case .goodbye: goodbye
        case .who, .message: nothing
        }
    }

    /// The state view is there where a view may be, but for first contact.
    private var stateView: Rule {
        rumors == .any && view != .never ? .atMostOnce : .never
    }

    /// The fault of `items` in such a message; nil if there is none.
    func violation(in items: [Item]) -> WireError? {
        var views = 0
        var relays = 0
        var proofs = 0
        var stateViews = 0
        var records = 0
        var hasFarewell = false
        for item in items {
            switch item {
            case .full:
                guard rumors == .any || carries == .ownRecord else { return .misplacedItem }
                records += 1
            case .refresh(let statement):
                guard rumors == .any else { return .misplacedItem }
                if statement.standing == .left { hasFarewell = true }
            case .suspect, .dead, .user, .degraded, .gone, .state:
                guard rumors == .any else { return .misplacedItem }
            case .view: views += 1
            case .relay: relays += 1
            case .proof: proofs += 1
            case .stateView: stateViews += 1
            case .heard: return .misplacedItem
            case .unknown(let type, _):
                guard !ItemType.streamOnly.contains(type) else { return .misplacedItem }
            }
        }
        if let violation = view.violation(count: views) ?? relay.violation(count: relays)
            ?? proof.violation(count: proofs) ?? stateView.violation(count: stateViews)
        {
            return violation
        }
        switch carries {
        case .nothing: return nil
        case .ownRecord: return Rule.exactlyOnce.violation(count: records)
        case .farewell: return hasFarewell ? nil : .missingItem
        }
    }

    /// Items of a peer list or a sync: records, accusations, and the additions of later versions.
    static func isRecord(_ item: Item) -> Bool {
        switch item {
        case .full, .refresh, .suspect, .dead, .degraded, .gone, .heard, .state, .unknown: true
        case .view, .user, .relay, .proof, .stateView: false
        }
    }
}

extension ItemPlacement.Rule {
    func violation(count: Int) -> WireError? {
        switch self {
        case .any: nil
        case .never: count > 0 ? .misplacedItem : nil
        case .atMostOnce: count > 1 ? .duplicateItem : nil
        case .exactlyOnce: count > 1 ? .duplicateItem : count == 0 ? .missingItem : nil
        }
    }
}
