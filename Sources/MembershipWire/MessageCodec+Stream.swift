/// The messages of a stream. The three messages of the handshake are identified by their position.
/// The others start with a type byte and fill their message exactly, without padding.
/// Specs/Wire.md, section 5.
extension MessageCodec {
    /// The payload of the handshake message, or the whole message after it.
    package static func encode(_ message: StreamMessage) throws(EncodingError) -> [UInt8] {
        try message.check()
        var buffer: [UInt8] = []
        try append(message.byteCount, to: &buffer) { $0.write(message) }
        return buffer
    }

    /// The payload of the first handshake message.
    package static func decodeHello(
        _ payload: UnsafeRawBufferPointer
    ) throws(WireError) -> StreamMessage.Hello {
        guard payload.count == Bounds.helloBytes else { throw .badLength }
        var reader = ByteReader(payload)
        guard let purpose = StreamMessage.Purpose(rawValue: try reader.read()) else {
            throw .unknownPurpose
        }
        try reader.readZero(or: .unknownFlag)
        let oldest = try reader.read(UInt8.self)
        let newest = try reader.read(UInt8.self)
        guard oldest > 0, oldest <= newest else { throw .badProtocolVersions }
        let caller = NodeID(try reader.read())
        try reader.finishWithZeros(or: .nonzeroPadding)
        return StreamMessage.Hello(
            purpose: purpose, protocolVersions: oldest...newest, caller: caller)
    }

    /// The payload of the second handshake message: FULL and VIEW, in this order.
    package static func decodeHelloAck(
        _ payload: UnsafeRawBufferPointer
    ) throws(WireError) -> (member: FullStatement, view: ViewDigest) {
        var reader = ByteReader(payload)
        let member = try decodeFull(from: &reader)
        guard case .view(let view) = try decodeItem(from: &reader) else { throw .misplacedItem }
        try reader.finish()
        return (member, view)
    }

    /// The payload of the third handshake message: FULL.
    package static func decodeJoin(
        _ payload: UnsafeRawBufferPointer
    ) throws(WireError) -> FullStatement {
        var reader = ByteReader(payload)
        let member = try decodeFull(from: &reader)
        try reader.finish()
        return member
    }

    /// A message after the handshake.
    package static func decode(
        stream message: UnsafeRawBufferPointer
    ) throws(WireError) -> StreamMessage {
        var reader = ByteReader(message)
        guard let type = StreamMessageType(rawValue: try reader.read()) else {
            throw .unknownMessageType
        }
        guard message.count <= type.maximumBytes else { throw .messageTooLong }
        switch type {
        case .peers: return .peers(try StreamMessage.PeerListChunk(from: &reader))
        case .syncBuckets: return .syncBuckets(try decodeBuckets(from: &reader))
        case .syncIDs: return .syncIDs(try decodeRows(from: &reader))
        case .syncWant: return .syncWant(try decodeWants(from: &reader))
        case .syncDelta: return .syncDelta(try decodeRecords(from: &reader))
        case .data: return .data(try StreamMessage.DataPart(from: &reader))
        case .end:
            guard let code = StreamEndCode(rawValue: try reader.read()) else {
                throw .unknownEndCode
            }
            try reader.finish()
            return .end(code)
        }
    }

    private static func decodeItem(from reader: inout ByteReader) throws(WireError) -> Item {
        guard reader.remaining > 0 else { throw .missingItem }
        // No list in a stream has an end mark: the end of the message ends it.
        guard let item = try Item.decode(from: &reader) else { throw .misplacedItem }
        return item
    }

    private static func decodeFull(from reader: inout ByteReader) throws(WireError) -> FullStatement
    {
        guard case .full(let statement) = try decodeItem(from: &reader) else {
            throw .misplacedItem
        }
        return statement
    }

    /// Items up to the end of the message.
    fileprivate static func decodeRecords(from reader: inout ByteReader) throws(WireError) -> [Item]
    {
        var items: [Item] = []
        while reader.remaining > 0 {
            guard items.count < Bounds.itemsPerChunk else { throw .tooManyItems }
            let item = try decodeItem(from: &reader)
            guard ItemPlacement.isRecord(item) else { throw .misplacedItem }
            items.append(item)
        }
        return items
    }

    private static func decodeBuckets(from reader: inout ByteReader) throws(WireError) -> [UInt64] {
        let count = Int(try reader.read(UInt16.self))
        guard isBucketCount(count) else { throw .badBucketCount }
        guard reader.remaining >= 8 * count else { throw .truncated }
        guard reader.remaining == 8 * count else { throw .trailingBytes }
        var hashes: [UInt64] = []
        hashes.reserveCapacity(count)
        while reader.remaining > 0 { hashes.append(try reader.read()) }
        return hashes
    }

    private static func decodeRows(
        from reader: inout ByteReader
    ) throws(WireError) -> [StreamMessage.SyncRow] {
        var rows: [StreamMessage.SyncRow] = []
        rows.reserveCapacity(reader.remaining / 16)
        while reader.remaining > 0 {
            rows.append(
                StreamMessage.SyncRow(
                    member: NodeID(try reader.read()), recordHash: try reader.read()))
        }
        return rows
    }

    private static func decodeWants(from reader: inout ByteReader) throws(WireError) -> [NodeID] {
        var members: [NodeID] = []
        members.reserveCapacity(reader.remaining / 8)
        while reader.remaining > 0 { members.append(NodeID(try reader.read())) }
        return members
    }

    fileprivate static func isBucketCount(_ count: Int) -> Bool {
        Bounds.syncBuckets.contains(count) && count.nonzeroBitCount == 1
    }
}

extension MessageCodec {
    /// The payload of the first handshake message.
    package static func decodeHello(_ payload: [UInt8]) throws(WireError) -> StreamMessage.Hello {
        try payload.withOctets { (bytes) throws(WireError) in try decodeHello(bytes) }
    }

    /// The payload of the second handshake message.
    package static func decodeHelloAck(
        _ payload: [UInt8]
    ) throws(WireError) -> (member: FullStatement, view: ViewDigest) {
        try payload.withOctets { (bytes) throws(WireError) in try decodeHelloAck(bytes) }
    }

    /// The payload of the third handshake message.
    package static func decodeJoin(_ payload: [UInt8]) throws(WireError) -> FullStatement {
        try payload.withOctets { (bytes) throws(WireError) in try decodeJoin(bytes) }
    }

    /// A message after the handshake.
    package static func decode(stream message: [UInt8]) throws(WireError) -> StreamMessage {
        try message.withOctets { (bytes) throws(WireError) in try decode(stream: bytes) }
    }
}

extension StreamMessageType {
    fileprivate var maximumBytes: Int {
        switch self {
        case .syncBuckets: Bounds.streamMessageBytes
        case .peers, .syncIDs, .syncWant, .syncDelta, .data, .end: Bounds.chunkBytes
        }
    }
}

extension StreamMessage.DataPart {
    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            applicationType: try reader.read(), total: try reader.read(),
            offset: try reader.read(), bytes: [])
        bytes = try reader.readBytes(reader.remaining)
        guard isConsistent else { throw .badChunk }
    }

    /// Only the one part of an empty message is empty, so that their number is bounded by `total`.
    fileprivate var isConsistent: Bool {
        guard !bytes.isEmpty else { return total == 0 && offset == 0 }
        return UInt64(offset) + UInt64(bytes.count) <= UInt64(total)
    }
}

extension StreamMessage.PeerListChunk {
    /// Bytes before the first item: type, total, index, count.
    package static let fixedByteCount = 1 + 4 + 4 + 2

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        let total = try reader.read(UInt32.self)
        let index = try reader.read(UInt32.self)
        let count = Int(try reader.read(UInt16.self))
        self.init(total: total, index: index, items: [])
        guard isConsistent(itemCount: count) else { throw .badChunk }
        items = try MessageCodec.decodeRecords(from: &reader)
        guard items.count == count else { throw .badChunk }
    }

    /// No chunk is empty unless the whole list is, so their number is bounded by `total`.
    fileprivate func isConsistent(itemCount: Int) -> Bool {
        guard total <= Bounds.peerListItems, itemCount <= total else { return false }
        return total == 0 ? index == 0 : index < total && itemCount > 0
    }
}

extension StreamMessage {
    /// Bytes of the encoded message.
    package var byteCount: Int {
        switch self {
        case .hello: Bounds.helloBytes
        case .helloAck(let member, let view):
            Item.full(member).byteCount + Item.view(view).byteCount
        case .join(let member): Item.full(member).byteCount
        case .peers(let chunk):
            chunk.items.reduce(PeerListChunk.fixedByteCount) { $0 + $1.byteCount }
        case .syncBuckets(let hashes): 1 + 2 + 8 * hashes.count
        case .syncIDs(let rows): 1 + 16 * rows.count
        case .syncWant(let members): 1 + 8 * members.count
        case .syncDelta(let items): items.reduce(1) { $0 + $1.byteCount }
        case .data(let part): 1 + 2 + 4 + 4 + part.bytes.count
        case .end: 1 + 2
        }
    }

    /// Throws unless the receiver would accept the bytes that `write` makes.
    fileprivate func check() throws(EncodingError) {
        let limit = maximumBytes
        guard byteCount <= limit else { throw .tooLong(bytes: byteCount, limit: limit) }
        switch self {
        case .hello(let hello):
            guard hello.protocolVersions.lowerBound > 0 else {
                throw .refusable(.badProtocolVersions)
            }
        case .peers(let chunk):
            guard chunk.isConsistent(itemCount: chunk.items.count) else {
                throw .refusable(.badChunk)
            }
            try Self.checkRecords(chunk.items)
        case .syncBuckets(let hashes):
            guard MessageCodec.isBucketCount(hashes.count) else {
                throw .refusable(.badBucketCount)
            }
        case .syncDelta(let items): try Self.checkRecords(items)
        case .data(let part):
            guard part.isConsistent else { throw .refusable(.badChunk) }
        case .helloAck, .join, .syncIDs, .syncWant, .end: break
        }
    }

    private static func checkRecords(_ items: [Item]) throws(EncodingError) {
        guard items.count <= Bounds.itemsPerChunk else { throw .refusable(.tooManyItems) }
        for item in items {
            guard ItemPlacement.isRecord(item) else { throw .refusable(.misplacedItem) }
            try item.check()
        }
    }

    private var maximumBytes: Int {
        switch self {
        case .syncBuckets: Bounds.streamMessageBytes
        case .hello, .helloAck, .join, .peers, .syncIDs, .syncWant, .syncDelta, .data, .end:
            Bounds.chunkBytes
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ message: StreamMessage) {
        switch message {
        case .hello(let hello):
            write(hello.purpose.rawValue)
            write(UInt8(0))
            write(hello.protocolVersions.lowerBound)
            write(hello.protocolVersions.upperBound)
            write(hello.caller.value)
        case .helloAck(let member, let view):
            write(Item.full(member))
            write(Item.view(view))
        case .join(let member): write(Item.full(member))
        case .peers(let chunk):
            write(StreamMessageType.peers.rawValue)
            write(chunk.total)
            write(chunk.index)
            write(UInt16(truncatingIfNeeded: chunk.items.count))
            for item in chunk.items { write(item) }
        case .syncBuckets(let hashes):
            write(StreamMessageType.syncBuckets.rawValue)
            write(UInt16(truncatingIfNeeded: hashes.count))
            for hash in hashes { write(hash) }
        case .syncIDs(let rows):
            write(StreamMessageType.syncIDs.rawValue)
            for row in rows {
                write(row.member.value)
                write(row.recordHash)
            }
        case .syncWant(let members):
            write(StreamMessageType.syncWant.rawValue)
            for member in members { write(member.value) }
        case .syncDelta(let items):
            write(StreamMessageType.syncDelta.rawValue)
            for item in items { write(item) }
        case .data(let part):
            write(StreamMessageType.data.rawValue)
            write(part.applicationType)
            write(part.total)
            write(part.offset)
            write(part.bytes)
        case .end(let code):
            write(StreamMessageType.end.rawValue)
            write(code.rawValue)
        }
    }
}
