/// From bytes to items, by form alone. Other code checks whether a statement is new and true.
///
/// Lengths are exact. A later version that has more to say adds an item type, which readers of this
/// version skip; it never makes a known type longer. So each message has one spelling, and a node
/// that passes an item on passes on all of it. Specs/Wire.md, section 3.
extension Item {
    /// Reads one item; nil if a zero type ends the list.
    static func decode(from reader: inout ByteReader) throws(WireError) -> Item? {
        let typeByte = try reader.read(UInt8.self)
        guard typeByte != ItemType.endOfList else { return nil }
        let count = Int(try reader.read(UInt16.self))
        var value = try reader.readSlice(count)
        guard let type = ItemType(rawValue: typeByte) else {
            guard typeByte < ItemType.firstMandatory else { throw .unknownMandatoryItem }
            return .unknown(type: typeByte, value: Array(value.unread))
        }
        let item = try decode(type, from: &value)
        try value.finish()
        return item
    }

    private static func decode(
        _ type: ItemType, from value: inout ByteReader
    ) throws(WireError) -> Item {
        switch type {
        case .full: .full(try FullStatement(from: &value))
        case .refresh: .refresh(try RefreshStatement(from: &value))
        case .suspect: .suspect(try SuspectStatement(from: &value))
        case .view: .view(try ViewDigest(from: &value))
        case .dead: .dead(try DeadStatement(from: &value))
        case .user: .user(try UserStatement(from: &value))
        case .relay:
            .relay(requester: BootID(try value.read()), token: RelayToken(try value.read()))
        case .proof:
            .proof(requester: BootID(try value.read()), proof: RelayProof(try value.read()))
        case .degraded: .degraded(try DegradedStatement(from: &value))
        case .heard: .heard(origin: NodeID(try value.read()), sequence: try value.read())
        case .gone: .gone(try GoneStatement(from: &value))
        case .state: .state(try StateStatement(from: &value))
        case .stateView: .stateView(try value.read())
        }
    }
}

extension FullStatement {
    init(from value: inout ByteReader) throws(WireError) {
        let incarnation = try Incarnation(from: &value)
        let standing = try Standing(from: &value)
        let signature = Signature(try value.read())
        let core = try MemberCore(parsing: try value.readSlice(value.remaining))
        self.init(core: core, incarnation: incarnation, standing: standing, signature: signature)
    }
}

extension RefreshStatement {
    init(from value: inout ByteReader) throws(WireError) {
        self.init(
            member: NodeID(try value.read()), corePrefix: try value.read(),
            incarnation: try Incarnation(from: &value), standing: try Standing(from: &value),
            signature: Signature(try value.read()))
    }
}

extension SuspectStatement {
    init(from value: inout ByteReader) throws(WireError) {
        self.init(
            target: NodeID(try value.read()), corePrefix: try value.read(),
            incarnation: try Incarnation(from: &value), accuser: NodeID(try value.read()),
            signature: Signature(try value.read()))
    }
}

extension ViewDigest {
    init(from value: inout ByteReader) throws(WireError) {
        self.init(
            members: try value.read(), hash: try value.read(), keyringHash: try value.read())
        guard try value.read(UInt32.self) == 0 else { throw .nonzeroReserved }
    }
}

extension DeadStatement {
    init(from value: inout ByteReader) throws(WireError) {
        self.init(
            target: NodeID(try value.read()), corePrefix: try value.read(),
            incarnation: try Incarnation(from: &value), accusations: [])
        let count = Int(try value.read(UInt8.self))
        guard count <= Bounds.accusersInDead else { throw .tooManyAccusers }
        guard value.remaining >= count * Item.accusationBytes else { throw .truncated }
        accusations.reserveCapacity(count)
        for _ in 0..<count {
            let accuser = NodeID(try value.read())
            if let last = accusations.last, last.accuser >= accuser { throw .unorderedAccusers }
            accusations.append(
                Accusation(accuser: accuser, signature: Signature(try value.read())))
        }
    }
}

extension UserStatement {
    init(from value: inout ByteReader) throws(WireError) {
        let origin = NodeID(try value.read())
        let sequence = try value.read(UInt64.self)
        let timeToLive = try value.read(UInt8.self)
        let applicationType = try value.read(UInt16.self)
        let payloadCount = value.remaining - Signature.byteCount
        guard payloadCount >= 0 else { throw .truncated }
        guard payloadCount <= Bounds.userPayloadBytes else { throw .payloadTooLong }
        self.init(
            origin: origin, sequence: sequence, timeToLive: timeToLive,
            applicationType: applicationType, payload: try value.readBytes(payloadCount),
            signature: Signature(try value.read()))
    }
}

extension DegradedStatement {
    init(from value: inout ByteReader) throws(WireError) {
        self.init(
            member: NodeID(try value.read()), incarnation: try Incarnation(from: &value),
            counter: try value.read(), signature: Signature(try value.read()))
    }
}

extension GoneStatement {
    init(from value: inout ByteReader) throws(WireError) {
        self.init(
            target: NodeID(try value.read()), corePrefix: try value.read(),
            incarnation: try Incarnation(from: &value), accuser: NodeID(try value.read()),
            signature: Signature(try value.read()))
    }
}

extension Incarnation {
    init(from value: inout ByteReader) throws(WireError) {
        guard let incarnation = Incarnation(try value.read(UInt64.self)) else {
            throw .incarnationOutOfRange
        }
        self = incarnation
    }
}

extension Standing {
    init(from value: inout ByteReader) throws(WireError) {
        guard let standing = Standing(rawValue: try value.read()) else { throw .unknownStanding }
        self = standing
    }
}

extension Signature {
    static let byteCount = Octets64.byteCount
}
