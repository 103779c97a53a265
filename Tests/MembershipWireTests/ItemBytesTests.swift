import Testing

@testable import MembershipWire

/// Items one by one: their bytes, their lengths, and what is no item.
struct ItemBytesTests {
    /// Reads an item that fills `bytes` exactly, as in a stream.
    private func decode(_ bytes: [UInt8]) throws -> Item? {
        try bytes.withOctets { (bytes) throws(WireError) in
            var reader = ByteReader(bytes)
            let item = try Item.decode(from: &reader)
            try reader.finish()
            return item
        }
    }

    private func encode(_ item: Item) throws -> [UInt8] {
        try item.check()
        var bytes: [UInt8] = []
        try MessageCodec.append(item.byteCount, to: &bytes) { $0.write(item) }
        return bytes
    }

    @Test func `every item has exactly its bytes`() throws {
        for golden in try Golden.items() {
            #expect(try encode(golden.item) == golden.bytes)
            #expect(golden.item.byteCount == golden.bytes.count)
            #expect(try decode(golden.bytes) == golden.item)
        }
    }

    @Test func `the golden items cover every type`() throws {
        let types = Set(try Golden.items().map(\.item.typeByte))
        #expect(types.isSuperset(of: ItemType.allCases.map(\.rawValue)))
    }

    @Test func `every truncation of an item is refused`() throws {
        for golden in try Golden.items() {
            for count in 0..<golden.bytes.count {
                #expect(throws: WireError.truncated) { try decode(Array(golden.bytes[..<count])) }
            }
        }
    }

    @Test func `a value that is shorter or longer than its type says is refused`() throws {
        for golden in try Golden.items() {
            if case .unknown = golden.item { continue }
            // Any length up to 1,024 is a payload.
            if case .user = golden.item { continue }
            let value = golden.bytes.dropFirst(ItemType.headerByteCount)
            for count in 0...(value.count + 1) where count != value.count {
                let other = Array(value.prefix(count)) + (count > value.count ? [0] : [])
                var bytes = [golden.item.typeByte]
                bytes.append(bigEndian: UInt16(count))
                #expect(throws: WireError.self) { try decode(bytes + other) }
            }
        }
    }

    @Test func `an unknown item is kept when optional and refused when mandatory`() throws {
        for type in UInt8(1)...255 where ItemType(rawValue: type) == nil {
            let bytes = [type, 0, 1, 0xAA]
            if type < 0x80 {
                #expect(try decode(bytes) == .unknown(type: type, value: [0xAA]))
            } else {
                #expect(throws: WireError.unknownMandatoryItem) { try decode(bytes) }
            }
        }
    }

    @Test(arguments: [0, 1, 0x04, 0x0A, 0x80, 0xFF] as [UInt8])
    func `a type that is not unknown cannot be sent as unknown`(type: UInt8) {
        let datagram = Datagram(.gossip(isFinalCheck: false), [.unknown(type: type, value: [])])
        #expect(throws: EncodingError.notAnUnknownType(type)) {
            try MessageCodec.encode(datagram)
        }
    }

    @Test func `an incarnation at or above 2^63 is refused`() {
        let bytes = hex("0A 0054 0102030405060708 8000000000000000 00000002 5A*64")
        #expect(throws: WireError.incarnationOutOfRange) { try decode(bytes) }
    }

    @Test func `accusers must be strictly ascending in both directions`() throws {
        var death = Example.death(accusers: 1..<3)
        death.accusations.reverse()
        #expect(throws: EncodingError.refusable(.unorderedAccusers)) { try encode(.dead(death)) }
        death.accusations = [death.accusations[0], death.accusations[0]]
        #expect(throws: EncodingError.refusable(.unorderedAccusers)) { try encode(.dead(death)) }
        let six = Example.death(accusers: 1..<7)
        #expect(throws: EncodingError.refusable(.tooManyAccusers)) { try encode(.dead(six)) }
    }

    @Test func `a payload above 1,024 bytes is not sent`() {
        let item = Item.user(Example.message(payload: Array(repeating: 0, count: 1_025)))
        #expect(throws: EncodingError.refusable(.payloadTooLong)) { try encode(item) }
    }
}
