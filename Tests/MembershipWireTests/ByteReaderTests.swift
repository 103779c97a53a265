import Testing

@testable import MembershipWire

/// The cursor under every decoder, and the one under every encoder.
struct ByteReaderTests {
    private func read<Result>(
        _ bytes: [UInt8], _ body: (inout ByteReader) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        try bytes.withOctets { (bytes) throws(WireError) in
            var reader = ByteReader(bytes)
            return try body(&reader)
        }
    }

    @Test func `numbers are big-endian and need all their bytes`() throws {
        let bytes = hex("01 0203 04050607")
        try read(bytes) { (reader) throws(WireError) in
            #expect(try reader.read(UInt8.self) == 1)
            #expect(try reader.read(UInt16.self) == 0x0203)
            #expect(throws: WireError.truncated) { try reader.read(UInt64.self) }
            #expect(reader.remaining == 4)
            #expect(try reader.read(UInt32.self) == 0x0405_0607)
            #expect(throws: WireError.truncated) { try reader.read(UInt8.self) }
            try reader.finish()
        }
    }

    @Test func `a length beyond the end or below zero is refused and reads nothing`() throws {
        try read([1, 2, 3]) { (reader) throws(WireError) in
            for count in [4, Int.max, -1, Int.min] {
                #expect(throws: WireError.truncated) { try reader.readBytes(count) }
            }
            #expect(reader.remaining == 3)
            #expect(try reader.readBytes(3) == [1, 2, 3])
            #expect(try reader.readBytes(0) == [])
        }
    }

    @Test func `an empty buffer is an end, not a trap`() throws {
        try read([]) { (reader) throws(WireError) in
            #expect(throws: WireError.truncated) { try reader.read(UInt8.self) }
            #expect(throws: WireError.truncated) { try reader.read(Octets64.self) }
            #expect(try reader.readBytes(0) == [])
            try reader.finish()
        }
        var nowhere = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(try nowhere.readBytes(0) == [])
        #expect(throws: WireError.truncated) { try nowhere.read(UInt8.self) }
    }

    @Test func `a slice ends where it was cut`() throws {
        try read([1, 2, 3, 4]) { (reader) throws(WireError) in
            var slice = try reader.readSlice(2)
            #expect(try slice.read(UInt16.self) == 0x0102)
            #expect(throws: WireError.truncated) { try slice.read(UInt8.self) }
            #expect(throws: WireError.trailingBytes) { try reader.finish() }
            #expect(throws: WireError.nonzeroPadding) {
                try reader.finishWithZeros(or: .nonzeroPadding)
            }
        }
    }

    @Test func `a writer leaves out what does not fit and says so`() {
        var bytes: [UInt8] = [0xFF, 0xFF, 0xFF]
        bytes.withUnsafeMutableBytes { target in
            var writer = ByteWriter(target)
            writer.write(UInt16(0x0102))
            #expect(!writer.hasOverflowed)
            writer.write(UInt16(0x0304))
            #expect(writer.hasOverflowed)
            #expect(writer.position == 2)
        }
        #expect(bytes == [1, 2, 0xFF])
    }
}
