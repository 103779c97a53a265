import Testing

@testable import MembershipWire

/// Whatever can be said survives the wire. The arguments are seeds.
struct RoundTripTests {
    @Test(arguments: [1, 2] as [UInt64])
    func `every datagram comes back as it was, at any padding`(seed: UInt64) throws {
        var make = ValueGenerator(seed: seed)
        for step in 0..<700 {
            let datagram = try make.datagram()
            let padding = [Padding.standard, .to(256), .maximum][step % 3]
            let bytes = try MessageCodec.encode(datagram, padding: padding)
            let isSame = try MessageCodec.decode(datagram: bytes) == datagram
            try #require(isSame, "step \(step): \(datagram)")
            let isCanonical =
                try MessageCodec.encode(datagram, padding: .to(bytes.count)) == bytes
                && bytes[datagram.byteCount...].allSatisfy { $0 == 0 }
            try #require(isCanonical, "step \(step): \(datagram)")
        }
    }

    @Test(arguments: [3, 4] as [UInt64])
    func `every stream message comes back as it was`(seed: UInt64) throws {
        var make = ValueGenerator(seed: seed)
        for step in 0..<500 {
            let message = try make.streamMessage()
            let bytes = try MessageCodec.encode(message)
            let isSame = try MessageCodec.decode(stream: bytes) == message
            try #require(isSame && bytes.count == message.byteCount, "step \(step): \(message)")
        }
    }

    @Test(arguments: [5] as [UInt64])
    func `every core comes back with its fields`(seed: UInt64) throws {
        var make = ValueGenerator(seed: seed)
        for _ in 0..<500 {
            let core = try make.core()
            let parsed = try MemberCore(parsing: core.bytes)
            let isSame =
                parsed == core && parsed.protocolVersions == core.protocolVersions
                && parsed.identityKey == core.identityKey && parsed.bootKey == core.bootKey
                && parsed.endpoint == core.endpoint && parsed.alias == core.alias
                && parsed.metadata == core.metadata
                && MemberCore.byteCounts.contains(core.bytes.count)
            try #require(isSame)
        }
    }
}
