/// From items to bytes: `u8 type | u16 length | value`. Specs/Wire.md, section 3.
extension Item {
    /// The type byte on the wire.
    package var typeByte: UInt8 {
        switch self {
        case .full: ItemType.full.rawValue
        case .refresh: ItemType.refresh.rawValue
        case .suspect: ItemType.suspect.rawValue
        case .view: ItemType.view.rawValue
        case .dead: ItemType.dead.rawValue
        case .user: ItemType.user.rawValue
        case .relay: ItemType.relay.rawValue
        case .proof: ItemType.proof.rawValue
        case .degraded: ItemType.degraded.rawValue
        case .heard: ItemType.heard.rawValue
        case .gone: ItemType.gone.rawValue
        case .state: ItemType.state.rawValue
        case .stateView: ItemType.stateView.rawValue
        case .unknown(let type, _): type
        }
    }

    /// The bytes it takes in a message, type and length included.
    package var byteCount: Int { ItemType.headerByteCount + valueByteCount }

    private var valueByteCount: Int {
        switch self {
        case .full(let statement): Self.fullFixedBytes + statement.core.bytes.count
        case .refresh: Self.refreshBytes
        case .suspect: Self.suspectBytes
        case .view: Self.viewBytes
        case .dead(let statement):
            Self.deadFixedBytes + Self.accusationBytes * statement.accusations.count
        case .user(let statement): Self.userFixedBytes + statement.payload.count
        case .relay, .proof: Self.relayBytes
        case .degraded: Self.degradedBytes
        case .heard: Self.heardBytes
        case .gone: Self.goneBytes
        case .state(let statement): statement.byteCount
        case .stateView: Self.stateViewBytes
        case .unknown(_, let value): value.count
        }
    }

    // Sizes of values. The exact ones are the only lengths their items may have.
    static let fullFixedBytes = 8 + 1 + 64
    static let refreshBytes = 8 + 8 + 8 + 1 + 64
    static let suspectBytes = 8 + 8 + 8 + 8 + 64
    static let viewBytes = 4 + 8 + 4 + 4
    static let deadFixedBytes = 8 + 8 + 8 + 1
    static let accusationBytes = 8 + 64
    static let userFixedBytes = 8 + 8 + 1 + 2 + 64
    static let relayBytes = 8 + 16
    static let degradedBytes = 8 + 8 + 4 + 64
    static let heardBytes = 8 + 8
    static let goneBytes = suspectBytes
    static let stateViewBytes = 8

    /// Throws unless `decode` would accept the bytes that `write` makes.
    func check() throws(EncodingError) {
        switch self {
        case .dead(let statement):
            guard statement.accusations.count <= Bounds.accusersInDead else {
                throw .refusable(.tooManyAccusers)
            }
            let accusers = statement.accusations.map(\.accuser)
            guard zip(accusers, accusers.dropFirst()).allSatisfy(<) else {
                throw .refusable(.unorderedAccusers)
            }
        case .user(let statement):
            guard statement.payload.count <= Bounds.userPayloadBytes else {
                throw .refusable(.payloadTooLong)
            }
        case .state(let statement): try statement.check()
        case .unknown(let type, _):
            guard type != ItemType.endOfList, type < ItemType.firstMandatory,
                ItemType(rawValue: type) == nil
            else { throw .notAnUnknownType(type) }
        case .full, .refresh, .suspect, .view, .relay, .proof, .degraded, .gone, .heard,
            .stateView:
            break
        }
    }
}

extension ByteWriter {
    /// Writes a checked item. No message has room for a value whose length needs more than 16 bits.
    mutating func write(_ item: Item) {
        write(item.typeByte)
        write(UInt16(truncatingIfNeeded: item.byteCount - ItemType.headerByteCount))
        switch item {
        case .full(let statement): write(statement)
        case .refresh(let statement): write(statement)
        case .suspect(let statement): write(statement)
        case .view(let view): write(view)
        case .dead(let statement): write(statement)
        case .user(let statement): write(statement)
        case .relay(let requester, let token):
            write(requester.value)
            write(token.octets)
        case .proof(let requester, let proof):
            write(requester.value)
            write(proof.octets)
        case .degraded(let statement): write(statement)
        case .heard(let origin, let sequence):
            write(origin.value)
            write(sequence)
        case .gone(let statement): write(statement)
        case .state(let statement): write(statement)
        case .stateView(let hash): write(hash)
        case .unknown(_, let value): write(value)
        }
    }

    private mutating func write(_ statement: FullStatement) {
        write(statement.incarnation.number)
        write(statement.standing.rawValue)
        write(statement.signature.octets)
        write(statement.core.bytes)
    }

    private mutating func write(_ statement: RefreshStatement) {
        write(statement.member.value)
        write(statement.corePrefix)
        write(statement.incarnation.number)
        write(statement.standing.rawValue)
        write(statement.signature.octets)
    }

    private mutating func write(_ statement: SuspectStatement) {
        write(statement.target.value)
        write(statement.corePrefix)
        write(statement.incarnation.number)
        write(statement.accuser.value)
        write(statement.signature.octets)
    }

    private mutating func write(_ view: ViewDigest) {
        write(view.members)
        write(view.hash)
        write(view.keyringHash)
        write(UInt32(0))
    }

    private mutating func write(_ statement: DeadStatement) {
        write(statement.target.value)
        write(statement.corePrefix)
        write(statement.incarnation.number)
        write(UInt8(truncatingIfNeeded: statement.accusations.count))
        for accusation in statement.accusations {
            write(accusation.accuser.value)
            write(accusation.signature.octets)
        }
    }

    private mutating func write(_ statement: UserStatement) {
        write(statement.origin.value)
        write(statement.sequence)
        write(statement.timeToLive)
        write(statement.applicationType)
        write(statement.payload)
        write(statement.signature.octets)
    }

    private mutating func write(_ statement: GoneStatement) {
        write(statement.target.value)
        write(statement.corePrefix)
        write(statement.incarnation.number)
        write(statement.accuser.value)
        write(statement.signature.octets)
    }

    private mutating func write(_ statement: DegradedStatement) {
        write(statement.member.value)
        write(statement.incarnation.number)
        write(statement.counter)
        write(statement.signature.octets)
    }
}
