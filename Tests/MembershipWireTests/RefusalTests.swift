import Testing

@testable import MembershipWire

/// One message for every reason to refuse one.
struct RefusalTests {
    private enum Kind { case datagram, pairwise, hello, helloAck, join, stream, core, reject }

    private static let view = Example.viewHex
    private static let coreHead = "01 00 01 01 1D*32 B0*32"
    private static let coreEnd = "0000 0000"
    private static let deadHead = "0102030405060708 C0C1C2C3C4C5C6C7 0000000000000007"
    private static let stateHead = Example.stateHead
    private static let userHead = "0102030405060708 0000000000000009 04 0102"

    private static let refused: [(WireError, Kind, String)] = [
        (.badLength, .datagram, ""),
        (.badLength, .datagram, "01 00 \(view) 00*38"),
        (.badLength, .datagram, "01 00 \(view) 00*1319"),
        (.badLength, .hello, "01 00 01 01 00*187"),
        (.badLength, .reject, "491F 0001 000000"),
        (.wrongSuite, .pairwise, "07 00 B0B1B2B3B4B5B6B7 0000000000000001 00*46"),
        (.truncated, .datagram, "06 00 7F 003C 00*59"),
        (.truncated, .datagram, "06 00 7F FFFF 00*59"),
        (.truncated, .datagram, "09 00 0001 003B 00*58"),
        (.truncated, .stream, ""),
        (.truncated, .stream, "12 00*15"),
        (.truncated, .stream, "11 1000 00*512"),
        (.truncated, .stream, "14 06 0019 \(deadHead) 05"),
        (.truncated, .core, "01"),
        (.truncated, .core, "\(coreHead) 04 C0000201 08CE 02 6E31 0000 0003 7F0001"),
        (.trailingBytes, .stream, "1F 0000 00"),
        (.trailingBytes, .stream, "11 0040 00*513"),
        (.trailingBytes, .datagram, "06 00 0A 0055 00*8 00*8 00*4 5A*64 00 00*38"),
        (.trailingBytes, .core, "\(coreHead) 04 C0000201 08CE 02 6E31 \(coreEnd) 00"),
        (.nonzeroPadding, .datagram, "01 00 \(view) 00*38 01"),
        (.nonzeroPadding, .hello, "01 00 01 01 00*187 01"),
        (.nonzeroReserved, .datagram, "01 00 04 0014 00*16 00000001 00*39"),
        (.nonzeroReserved, .reject, "491F 0001 00000001"),
        (.unknownMessageType, .datagram, "00 00 00*62"),
        (.unknownMessageType, .datagram, "0A 00 00*62"),
        (.unknownMessageType, .stream, "15"),
        (.unknownFlag, .datagram, "01 02 \(view) 00*39"),
        (.unknownFlag, .datagram, "07 01 00*62"),
        (.unknownFlag, .datagram, "03 00 00*8 00*16 0000 01 00*35"),
        (.unknownFlag, .hello, "01 01 01 01 00*188"),
        (.unknownFlag, .core, "01 01 01 01"),
        (.messageTooLong, .stream, "13 00*16384"),
        (.tooManyItems, .datagram, "06 00 7F0000*65 00*59"),
        (.tooManyItems, .stream, "14 7F0000*257"),
        (.unknownMandatoryItem, .datagram, "06 00 80 0000 00*59"),
        (.unknownMandatoryItem, .core, "\(coreHead) 04 C0000201 08CE 02 6E31 0000 0003 FF0000"),
        (.misplacedItem, .datagram, "06 00 09 0018 00*24 00*35"),
        (.misplacedItem, .datagram, "06 00 20 0000 00*59"),
        (.misplacedItem, .stream, "14 00"),
        (.misplacedItem, .stream, "14 \(view)"),
        (.misplacedItem, .core, "\(coreHead) 04 C0000201 08CE 02 6E31 0000 0003 000000"),
        (.duplicateItem, .datagram, "01 00 \(view) \(view) 00*16"),
        (.missingItem, .datagram, "01 00 00*62"),
        (.missingItem, .datagram, "02 00 00*62"),
        (.missingItem, .datagram, "01 01 \(view) 00*39"),
        (.missingItem, .datagram, "08 00 00 00*61"),
        (.missingItem, .join, ""),
        (.missingItem, .helloAck, ""),
        (.missingItem, .helloAck, Example.fullHex),
        (.misplacedItem, .helloAck, view),
        (.misplacedItem, .join, view),
        (.misplacedItem, .join, "00"),
        (.incarnationOutOfRange, .stream, "14 0A 0054 00*8 8000000000000000 00*68"),
        (.unknownStanding, .stream, "14 02 0059 00*24 02 5A*64"),
        (.tooManyAccusers, .stream, "14 06 0019 \(deadHead) 06"),
        (.unorderedAccusers, .stream, "14 06 00A9 \(deadHead) 02 02*72 02*72"),
        (.unorderedAccusers, .stream, "14 06 00A9 \(deadHead) 02 02*72 01*72"),
        (.payloadTooLong, .datagram, "06 00 07 0454 \(userHead) CC*1025 5A*64 00*39"),
        (.payloadTooLong, .datagram, "09 00 0001 0401 00*1274"),
        (.stateVersionOutOfRange, .stream, "14 0B 0081 00*16 00*8 00*96 00*8 00"),
        (.stateVersionOutOfRange, .stream, "14 0B 0081 00*16 8000000000000000 00*96 00*8 00"),
        (.stateVersionOutOfRange, .stream, "14 0B 0081 \(stateHead) 0000000000000004 00"),
        (.stateVersionOutOfRange, .stream, "14 0B 0084 \(stateHead) 0000000000000003 01 016101"),
        (.tooManyEntries, .stream, "14 0B 0081 \(stateHead) 00*8 81"),
        (.stateTooLong, .stream, "14 0B 3F02 \(stateHead) 00*8 01 00*16001"),
        (.badStateKey, .stream, "14 0B 0085 \(stateHead) 00*8 01 00 00 0000"),
        (.badStateKey, .stream, "14 0B 0086 \(stateHead) 00*8 01 01 20 00 0000"),
        (.unorderedKeys, .stream, "14 0B 008B \(stateHead) 00*8 02 0161000000 0161000000"),
        (.valueTooLong, .stream, "14 0B 0086 \(stateHead) 00*8 01 0161001001"),
        (.unknownEntryKind, .stream, "14 0B 0084 \(stateHead) 00*8 01 016102"),
        (.unknownEntryKind, .stream, "14 0B 0084 \(stateHead) 00*8 01 016101"),
        (.unknownNackReason, .datagram, "05 00 00*16 00 00*45"),
        (.unknownNackReason, .datagram, "05 00 00*16 04 00*45"),
        (.unknownCoreFormat, .core, "00"),
        (.unknownCoreFormat, .core, "02"),
        (.badProtocolVersions, .core, "01 00 00 01"),
        (.badProtocolVersions, .core, "01 00 02 01"),
        (.badProtocolVersions, .hello, "01 00 00 01 00*188"),
        (.unknownAddressFamily, .core, "\(coreHead) 05"),
        (.unusableEndpoint, .core, "\(coreHead) 04 C0000201 0000"),
        (.unusableEndpoint, .core, "\(coreHead) 04 00000000 08CE"),
        (.unusableEndpoint, .core, "\(coreHead) 04 E0000001 08CE"),
        (.unusableEndpoint, .core, "\(coreHead) 04 FFFFFFFF 08CE"),
        (.unusableEndpoint, .core, "\(coreHead) 06 00*16 08CE"),
        (.unusableEndpoint, .core, "\(coreHead) 06 FF02 00*13 01 08CE"),
        (.unusableEndpoint, .core, "\(coreHead) 06 00*10 FFFF C0000201 08CE"),
        (.badAlias, .core, "\(coreHead) 04 C0000201 08CE 00 \(coreEnd)"),
        (.badAlias, .core, "\(coreHead) 04 C0000201 08CE 02 2D31 \(coreEnd)"),
        (.badAlias, .core, "\(coreHead) 04 C0000201 08CE 02 6E0A \(coreEnd)"),
        (.badAlias, .core, "\(coreHead) 04 C0000201 08CE 40 61*64 \(coreEnd)"),
        (.metadataTooLong, .core, "\(coreHead) 04 C0000201 08CE 02 6E31 0201 00*513 0000"),
        (
            .extensionsTooLong, .core,
            "\(coreHead) 04 C0000201 08CE 02 6E31 0000 0101 7F 00FE 00*254"
        ),
        (.unknownPurpose, .hello, "00 00 01 01 00*188"),
        (.unknownPurpose, .hello, "07 00 01 01 00*188"),
        (.unknownEndCode, .stream, "1F 0012"),
        (.unknownEndCode, .reject, "491F 0012 00000000"),
        (.badChunk, .stream, "10 00000001 00000000 0000"),
        (.badChunk, .stream, "10 00040001 00000000 0000"),
        (.badBucketCount, .stream, "11 0041 00*520"),
        (.badReject, .reject, "491A 0001 00000000"),
        (.badReject, .reject, "491F 0000 00000000"),
    ]

    private static func decode(_ kind: Kind, _ bytes: [UInt8]) throws {
        switch kind {
        case .datagram: _ = try MessageCodec.decode(datagram: bytes)
        case .pairwise: _ = try MessageCodec.decode(datagram: bytes, under: .pairwise)
        case .hello: _ = try MessageCodec.decodeHello(bytes)
        case .helloAck: _ = try MessageCodec.decodeHelloAck(bytes)
        case .join: _ = try MessageCodec.decodeJoin(bytes)
        case .stream: _ = try MessageCodec.decode(stream: bytes)
        case .core: _ = try MemberCore(parsing: bytes)
        case .reject: _ = try ClearReject(parsing: bytes)
        }
    }

    @Test func `each message is refused for its own reason`() {
        for (reason, kind, text) in Self.refused {
            #expect(throws: reason, "\(kind) \(text)") { try Self.decode(kind, hex(text)) }
        }
    }

    /// Of what is read in locked memory, by MembershipSecurity: see its `KeysetTests`.
    private static let ofKeysets: Set<WireError> = [
        .unknownKeysetFormat, .unknownStage, .keysetVersionOutOfRange, .badKeyCount,
        .retirementOutOfRange, .collidingKeys, .badKeysetSignature, .foreignKeyset,
    ]

    @Test func `every reason is given by some message`() {
        #expect(
            Set(Self.refused.map(\.0)) == Set(WireError.allCases).subtracting(Self.ofKeysets))
    }

    @Test func `reasons are names that a metric can have`() {
        for error in WireError.allCases {
            #expect(error.reason.utf8.allSatisfy { (97...122).contains($0) || $0 == 45 })
        }
    }
}
