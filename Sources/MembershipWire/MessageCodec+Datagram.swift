/// The plaintext of a datagram: `u8 type | u8 flags | fixed fields | items | zeros`.
/// Specs/Wire.md, section 4.
extension MessageCodec {
    /// The plaintext, filled up as `padding` says.
    package static func encode(
        _ datagram: Datagram, padding: Padding = .standard
    ) throws(EncodingError) -> [UInt8] {
        var buffer: [UInt8] = []
        try encode(datagram, padding: padding, into: &buffer)
        return buffer
    }

    /// Appends the plaintext to `buffer`; an error leaves `buffer` as it was.
    package static func encode(
        _ datagram: Datagram, padding: Padding = .standard, into buffer: inout [UInt8]
    ) throws(EncodingError) {
        let count = try padding.length(for: datagram.byteCount)
        guard datagram.items.count <= Bounds.itemsPerDatagram else {
            throw .refusable(.tooManyItems)
        }
        if case .message(_, let payload) = datagram.body,
            payload.count > Bounds.userPayloadBytes
        {
            throw .refusable(.payloadTooLong)
        }
        if let violation = ItemPlacement.of(datagram.body).violation(in: datagram.items) {
            throw .refusable(violation)
        }
        for item in datagram.items { try item.check() }
        try append(count, to: &buffer) { writer in
            writer.write(datagram.body)
            for item in datagram.items { writer.write(item) }
        }
    }

    /// Reads an opened plaintext. `encode` with padding `.to(plaintext.count)` writes it again.
    package static func decode(
        datagram plaintext: UnsafeRawBufferPointer
    ) throws(WireError) -> Datagram {
        guard Bounds.plaintextBytes.contains(plaintext.count),
            plaintext.count.isMultiple(of: Bounds.plaintextStep)
        else { throw .badLength }
        var reader = ByteReader(plaintext)
        let body = try Datagram.Body(from: &reader)
        let items = try decodeItems(from: &reader)
        if let violation = ItemPlacement.of(body).violation(in: items) { throw violation }
        return Datagram(body, items)
    }

    /// Reads an opened plaintext.
    package static func decode(datagram plaintext: [UInt8]) throws(WireError) -> Datagram {
        try plaintext.withOctets { (bytes) throws(WireError) in try decode(datagram: bytes) }
    }

    private static func decodeItems(from reader: inout ByteReader) throws(WireError) -> [Item] {
        var items: [Item] = []
        // Most rumors take about this much. The bytes present bound what is reserved.
        items.reserveCapacity(
            min(2 + reader.remaining / Item.suspectBytes, Bounds.itemsPerDatagram))
        while reader.remaining > 0 {
            guard let item = try Item.decode(from: &reader) else {
                try reader.finishWithZeros(or: .nonzeroPadding)
                return items
            }
            guard items.count < Bounds.itemsPerDatagram else { throw .tooManyItems }
            items.append(item)
        }
        return items
    }
}

extension Datagram {
    /// Bytes before padding.
    package var byteCount: Int { items.reduce(body.byteCount) { $0 + $1.byteCount } }
}

extension Datagram.Body {
    /// Bytes of type, flags and fixed fields.
    package var byteCount: Int {
        switch self {
        case .heartbeat, .gossip: 2
        case .heartbeatAck: 2 + 8 + 1
        case .relayHeartbeat: 2 + 8 + 16 + 2 + 1
        case .relayAck: 2 + 8 + 8 + 16
        case .relayNack: 2 + 8 + 8 + 1
        case .who: 2 + 8 + 8
        case .goodbye: 2 + 1
        case .message(_, let payload): 2 + 2 + 2 + payload.count
        }
    }

    fileprivate var type: DatagramType {
        switch self {
        case .heartbeat: .heartbeat
        case .heartbeatAck: .heartbeatAck
        case .relayHeartbeat: .relayHeartbeat
        case .relayAck: .relayAck
        case .relayNack: .relayNack
        case .gossip: .gossip
        case .who: .who
        case .goodbye: .goodbye
        case .message: .message
        }
    }

    fileprivate var flags: UInt8 {
        switch self {
        case .heartbeat(let isIntroduction): isIntroduction ? DatagramType.introductionFlag : 0
        case .gossip(let isFinalCheck): isFinalCheck ? DatagramType.finalCheckFlag : 0
        case .heartbeatAck, .relayHeartbeat, .relayAck, .relayNack, .who, .goodbye, .message: 0
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        guard let type = DatagramType(rawValue: try reader.read()) else {
            throw .unknownMessageType
        }
        let flags = try reader.read(UInt8.self)
        guard flags & ~type.knownFlags == 0 else { throw .unknownFlag }
        switch type {
        case .heartbeat: self = .heartbeat(isIntroduction: flags != 0)
        case .gossip: self = .gossip(isFinalCheck: flags != 0)
        case .heartbeatAck:
            self = .heartbeatAck(echoedSequence: try reader.read(), health: try reader.read())
        case .relayHeartbeat:
            self = .relayHeartbeat(
                target: NodeID(try reader.read()), token: RelayToken(try reader.read()),
                timeoutMilliseconds: try reader.read())
            try reader.readZero(or: .unknownFlag)
        case .relayAck:
            self = .relayAck(
                target: NodeID(try reader.read()), echoedSequence: try reader.read(),
                proof: RelayProof(try reader.read()))
        case .relayNack:
            let target = NodeID(try reader.read())
            let echoedSequence = try reader.read(UInt64.self)
            guard let reason = RelayNackReason(rawValue: try reader.read()) else {
                throw .unknownNackReason
            }
            self = .relayNack(target: target, echoedSequence: echoedSequence, reason: reason)
        case .who:
            self = .who(echoedBoot: BootID(try reader.read()), echoedSequence: try reader.read())
        case .goodbye: self = .goodbye(code: try reader.read())
        case .message:
            let applicationType = try reader.read(UInt16.self)
            let payloadCount = Int(try reader.read(UInt16.self))
            guard payloadCount <= Bounds.userPayloadBytes else { throw .payloadTooLong }
            self = .message(
                applicationType: applicationType, payload: try reader.readBytes(payloadCount))
        }
    }
}

extension DatagramType {
    /// The flag bits that have a meaning; all others must be clear.
    fileprivate var knownFlags: UInt8 {
        switch self {
        case .heartbeat: Self.introductionFlag
        case .gossip: Self.finalCheckFlag
        case .heartbeatAck, .relayHeartbeat, .relayAck, .relayNack, .who, .goodbye, .message: 0
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ body: Datagram.Body) {
        write(body.type.rawValue)
        write(body.flags)
        switch body {
        case .heartbeat, .gossip: break
        case .heartbeatAck(let echoedSequence, let health):
            write(echoedSequence)
            write(health)
        case .relayHeartbeat(let target, let token, let timeoutMilliseconds):
            write(target.value)
            write(token.octets)
            write(timeoutMilliseconds)
            write(UInt8(0))
        case .relayAck(let target, let echoedSequence, let proof):
            write(target.value)
            write(echoedSequence)
            write(proof.octets)
        case .relayNack(let target, let echoedSequence, let reason):
            write(target.value)
            write(echoedSequence)
            write(reason.rawValue)
        case .who(let echoedBoot, let echoedSequence):
            write(echoedBoot.value)
            write(echoedSequence)
        case .goodbye(let code): write(code)
        case .message(let applicationType, let payload):
            write(applicationType)
            write(UInt16(truncatingIfNeeded: payload.count))
            write(payload)
        }
    }
}
