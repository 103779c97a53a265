/// The bytes of a member's core: strict in both directions, so that one member has one hash.
///
/// ```
/// u8 1 | u8 flags 0 | u8 protocol min | u8 max | identity key 32 | boot key 32
/// | u8 family 4 or 6 | address 4 or 16 | u16 port
/// | u8 length, alias | u16 length, metadata | u16 length, extensions (TLVs)
/// ```
/// Extensions are room for later versions. A reader checks their form, keeps those that it does not
/// know, and passes them on. Specs/Wire.md, section 3.1.
extension MemberCore {
    /// The first byte of every core of this version.
    static let format: UInt8 = 1

    /// The sizes of the smallest and the largest core.
    package static let byteCounts = 81...923

    /// The types of the extensions that this version knows: the boot of a process before its renewals, and
    /// that the member takes part in lifelines.
    static let firstBootExtension: UInt8 = 0x01
    static let lifelinesExtension: UInt8 = 0x02

    /// Composes the core of a member. The bytes have no extensions except `firstBoot` and `holdsLifelines`.
    package static func make(
        protocolVersions: ClosedRange<UInt8> = ProtocolVersion.supported, identityKey: IdentityKey,
        bootKey: BootKey, endpoint: Endpoint, alias: NodeAlias, metadata: [UInt8],
        firstBoot: BootID? = nil, holdsLifelines: Bool = false
    ) throws(MemberCoreError) -> MemberCore {
        guard protocolVersions.lowerBound > 0 else { throw .badProtocolVersions }
        guard endpoint.isAdvertisable else { throw .unusableEndpoint(endpoint) }
        guard metadata.count <= Bounds.metadataBytes else {
            throw .metadataTooLong(bytes: metadata.count)
        }
        var bytes: [UInt8] = [format, 0, protocolVersions.lowerBound, protocolVersions.upperBound]
        bytes += identityKey.octets.bytes
        bytes += bootKey.octets.bytes
        switch endpoint.address {
        case .v4(let value):
            bytes.append(4)
            bytes.append(bigEndian: value)
        case .v6(let high, let low):
            bytes.append(6)
            bytes.append(bigEndian: high)
            bytes.append(bigEndian: low)
        }
        bytes.append(bigEndian: endpoint.port)
        bytes.append(UInt8(truncatingIfNeeded: alias.text.utf8.count))
        bytes += alias.text.utf8
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: metadata.count))
        bytes += metadata
        appendExtensions(firstBoot, holdsLifelines, to: &bytes)
        return MemberCore(
            bytes: bytes, protocolVersions: protocolVersions, identityKey: identityKey,
            bootKey: bootKey, endpoint: endpoint, alias: alias, metadata: metadata,
            firstBoot: firstBoot, holdsLifelines: holdsLifelines)
    }

    private static func appendExtensions(
        _ firstBoot: BootID?, _ holdsLifelines: Bool, to bytes: inout [UInt8]
    ) {
        let header = 3
        let firstBootBytes = firstBoot == nil ? 0 : header + MemoryLayout<UInt64>.size
        bytes.append(bigEndian: UInt16(firstBootBytes + (holdsLifelines ? header : 0)))
        if let firstBoot {
            bytes.append(firstBootExtension)
            bytes.append(bigEndian: UInt16(MemoryLayout<UInt64>.size))
            bytes.append(bigEndian: firstBoot.value)
        }
        if holdsLifelines {
            bytes.append(lifelinesExtension)
            bytes.append(bigEndian: UInt16(0))
        }
    }

    /// Reads a core that fills `bytes` exactly.
    package convenience init(parsing bytes: [UInt8]) throws(WireError) {
        let fields = try bytes.withOctets { (bytes) throws(WireError) in
            try Fields(parsing: ByteReader(bytes))
        }
        self.init(bytes: bytes, fields)
    }

    /// Reads a core that fills `reader` exactly.
    convenience init(parsing reader: ByteReader) throws(WireError) {
        let fields = try Fields(parsing: reader)
        self.init(bytes: Array(reader.unread), fields)
    }

    private convenience init(bytes: [UInt8], _ fields: Fields) {
        self.init(
            bytes: bytes, protocolVersions: fields.protocolVersions,
            identityKey: fields.identityKey, bootKey: fields.bootKey, endpoint: fields.endpoint,
            alias: fields.alias, metadata: fields.metadata, firstBoot: fields.firstBoot,
            holdsLifelines: fields.holdsLifelines)
    }
}

/// The fields in the bytes of a core.
private struct Fields {
    let protocolVersions: ClosedRange<UInt8>
    let identityKey: IdentityKey
    let bootKey: BootKey
    let endpoint: Endpoint
    let alias: NodeAlias
    let metadata: [UInt8]
    private(set) var firstBoot: BootID?
    private(set) var holdsLifelines = false

    init(parsing source: ByteReader) throws(WireError) {
        var reader = source
        guard try reader.read(UInt8.self) == MemberCore.format else { throw .unknownCoreFormat }
        try reader.readZero(or: .unknownFlag)
        let oldest = try reader.read(UInt8.self)
        let newest = try reader.read(UInt8.self)
        guard oldest > 0, oldest <= newest else { throw .badProtocolVersions }
        protocolVersions = oldest...newest
        identityKey = IdentityKey(try reader.read())
        bootKey = BootKey(try reader.read())
        endpoint = try Self.readEndpoint(from: &reader)

        let aliasCount = Int(try reader.read(UInt8.self))
        guard let alias = NodeAlias(bytes: try reader.readSlice(aliasCount).unread) else {
            throw .badAlias
        }
        self.alias = alias
        let metadataCount = Int(try reader.read(UInt16.self))
        guard metadataCount <= Bounds.metadataBytes else { throw .metadataTooLong }
        metadata = try reader.readBytes(metadataCount)
        let extensionCount = Int(try reader.read(UInt16.self))
        guard extensionCount <= Bounds.extensionBytes else { throw .extensionsTooLong }
        try readExtensions(in: try reader.readSlice(extensionCount))
        try reader.finish()
    }

    private static func readEndpoint(from reader: inout ByteReader) throws(WireError) -> Endpoint {
        let address: IPAddress
        switch try reader.read(UInt8.self) {
        case 4: address = .v4(try reader.read())
        case 6: address = .v6(try reader.read(), try reader.read())
        default: throw .unknownAddressFamily
        }
        let endpoint = Endpoint(address, port: try reader.read())
        guard endpoint.isAdvertisable else { throw .unusableEndpoint }
        return endpoint
    }

    /// Any optional type is accepted if the lengths add up. The first extension of a known type
    /// counts; if its length is wrong, it is treated as unknown, because members of earlier
    /// versions accept these cores too.
    private mutating func readExtensions(in source: ByteReader) throws(WireError) {
        var reader = source
        while reader.remaining > 0 {
            let type = try reader.read(UInt8.self)
            guard type != ItemType.endOfList else { throw .misplacedItem }
            guard type < ItemType.firstMandatory else { throw .unknownMandatoryItem }
            var value = try reader.readSlice(Int(try reader.read(UInt16.self)))
            switch (type, value.remaining) {
            case (MemberCore.firstBootExtension, MemoryLayout<UInt64>.size) where firstBoot == nil:
                firstBoot = BootID(try value.read(UInt64.self))
            case (MemberCore.lifelinesExtension, 0):
                holdsLifelines = true
            default: break
            }
        }
    }
}

/// The reason why a member cannot describe itself in this way.
package enum MemberCoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Version 0 does not exist.
    case badProtocolVersions
    /// No other member could send there.
    case unusableEndpoint(Endpoint)
    /// More than 512 bytes.
    case metadataTooLong(bytes: Int)

    package var description: String {
        switch self {
        case .badProtocolVersions: "protocol versions start at 1"
        case .unusableEndpoint(let endpoint):
            "\(endpoint) is no address that other members could send to"
        case .metadataTooLong(let bytes):
            "its metadata is \(bytes) bytes long; at most \(Bounds.metadataBytes) fit"
        }
    }
}
