import Testing

@testable import MembershipWire

/// Cores: made here, read from elsewhere, and always exactly their bytes.
struct MemberCoreTests {
    @Test func `a core has exactly its bytes`() throws {
        let core = try Example.core()
        #expect(core.bytes == hex(Example.coreHex))
        let parsed = try MemberCore(parsing: core.bytes)
        #expect(parsed == core)
        #expect(parsed.alias.text == "n1")
        #expect(parsed.endpoint.description == "192.0.2.1:2254")
        #expect(parsed.protocolVersions == 1...1)
    }

    @Test func `the largest core is kept byte for byte, unknown extensions included`() throws {
        let bytes = hex(Example.largestCoreHex)
        #expect(bytes.count == MemberCore.byteCounts.upperBound)
        let core = try MemberCore(parsing: bytes)
        #expect(core.bytes == bytes)
        #expect(core.endpoint.description == "[2001:db8::1]:65535")
        #expect(core.alias.text.utf8.count == 63)
        #expect(core.metadata.count == 512)
        #expect(core.protocolVersions == 1...255)
    }

    @Test func `the smallest core is 81 bytes`() throws {
        let core = try MemberCore.make(
            identityKey: IdentityKey(Octets32()), bootKey: BootKey(Octets32()),
            endpoint: Endpoint(.v4(0x7F00_0001), port: 1), alias: Example.alias("a"), metadata: [])
        #expect(core.bytes.count == MemberCore.byteCounts.lowerBound)
    }

    @Test func `a renewed boot key names the boot before it`() throws {
        let core = try MemberCore.make(
            identityKey: IdentityKey(Octets32()), bootKey: BootKey(Octets32()),
            endpoint: Endpoint(.v4(0x7F00_0001), port: 1), alias: Example.alias("a"), metadata: [],
            firstBoot: BootID(0x0102_0304_0506_0708))
        #expect(core.bytes.count == MemberCore.byteCounts.lowerBound + 11)
        #expect(core.bytes.suffix(11) == [1, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try MemberCore(parsing: core.bytes).firstBoot == core.firstBoot)
        #expect(try Example.core().firstBoot == nil)
    }

    @Test func `a member that takes part in lifelines says so in three bytes`() throws {
        let core = try MemberCore.make(
            identityKey: IdentityKey(Octets32()), bootKey: BootKey(Octets32()),
            endpoint: Endpoint(.v4(0x7F00_0001), port: 1), alias: Example.alias("a"), metadata: [],
            firstBoot: BootID(7), holdsLifelines: true)
        #expect(core.bytes.suffix(5) == [0, 7, 2, 0, 0])
        let parsed = try MemberCore(parsing: core.bytes)
        #expect(parsed.holdsLifelines && parsed.firstBoot == BootID(7))
        #expect(try !Example.core().holdsLifelines)
        // With another length it is an extension that is not known.
        let longer = core.bytes.dropLast(16) + [0, 4, 2, 0, 1, 9]
        let unknown = try MemberCore(parsing: Array(longer))
        #expect(!unknown.holdsLifelines && unknown.firstBoot == nil)
    }

    @Test(arguments: [Example.coreHex, Example.largestCoreHex])
    func `every truncation of a core is refused`(text: String) {
        let bytes = hex(text)
        for count in 0..<bytes.count {
            #expect(throws: WireError.truncated) { try MemberCore(parsing: Array(bytes[..<count])) }
        }
        #expect(throws: WireError.trailingBytes) { try MemberCore(parsing: bytes + [0]) }
    }

    @Test func `two cores are equal when their bytes are`() throws {
        let core = try Example.core()
        #expect(try core == MemberCore(parsing: core.bytes))
        #expect(try core != Example.core(metadata: [1]))
    }

    @Test func `a core that nobody would take is not made`() {
        func make(
            _ endpoint: String, versions: ClosedRange<UInt8> = 1...1, metadata: Int = 0
        ) throws -> MemberCore {
            try MemberCore.make(
                protocolVersions: versions, identityKey: IdentityKey(Octets32()),
                bootKey: BootKey(Octets32()),
                endpoint: #require(Endpoint(endpoint)), alias: Example.alias("a"),
                metadata: Array(repeating: 0, count: metadata))
        }
        #expect(throws: MemberCoreError.badProtocolVersions) {
            try make("192.0.2.1:1", versions: 0...1)
        }
        #expect(throws: MemberCoreError.metadataTooLong(bytes: 513)) {
            try make("192.0.2.1:1", metadata: 513)
        }
        for text in ["0.0.0.0:1", "224.0.0.1:1", "255.255.255.255:1", "[::]:1", "[ff02::1]:1"]
            + ["[::ffff:192.0.2.1]:1"]
        {
            #expect(throws: MemberCoreError.self, "\(text)") { try make(text) }
        }
    }
}
