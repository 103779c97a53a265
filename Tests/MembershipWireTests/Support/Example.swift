import MembershipWire

/// Fixed values whose bytes are easily told apart in a dump.
enum Example {
    static let member = NodeID(0x0102_0304_0506_0708)
    static let accuser = NodeID(0x1112_1314_1516_1718)
    static let boot = BootID(0xB0B1_B2B3_B4B5_B6B7)
    static let corePrefix: UInt64 = 0xC0C1_C2C3_C4C5_C6C7
    static let signature = Signature(Octets64(repeating: 0x5A))
    static let token = RelayToken(Octets16(repeating: 0x70))
    static let proof = RelayProof(Octets16(repeating: 0x71))
    static let view = ViewDigest(
        members: 3, hash: 0xD0D1_D2D3_D4D5_D6D7, keyringHash: 0xE0E1_E2E3)
    static let viewHex = "04 0014 00000003 D0D1D2D3D4D5D6D7 E0E1E2E3 00000000"

    static func incarnation(_ number: UInt64) -> Incarnation { Incarnation(number) ?? .first }

    static func alias(_ text: String) -> NodeAlias {
        guard let alias = try? NodeAlias(parsing: text) else { preconditionFailure(text) }
        return alias
    }

    /// 192.0.2.1:2254, named "n1", without metadata: almost the smallest core.
    static func core(metadata: [UInt8] = []) throws -> MemberCore {
        try MemberCore.make(
            protocolVersions: 1...1, identityKey: IdentityKey(Octets32(repeating: 0x1D)),
            bootKey: BootKey(Octets32(repeating: 0xB0)),
            endpoint: Endpoint(.v4(0xC000_0201), port: 2_254), alias: alias("n1"),
            metadata: metadata)
    }
    static let coreHex = "01 00 01 01 1D*32 B0*32 04 C0000201 08CE 02 6E31 0000 0000"

    /// The largest core: IPv6, 63 bytes of name, 512 of metadata, 256 of extensions.
    static let largestCoreHex =
        "01 00 01 FF 1D*32 B0*32 06 20010DB8 00*11 01 FFFF 3F 61*63 0200 AB*512 0100 7F 00FD EE*253"

    static func full() throws -> FullStatement {
        FullStatement(
            core: try core(), incarnation: incarnation(7), standing: .alive, signature: signature)
    }
    /// 3 + 73 + 82 bytes.
    static let fullHex = "01 009B 0000000000000007 00 5A*64 " + coreHex

    static let farewell = RefreshStatement(
        member: member, corePrefix: corePrefix, incarnation: incarnation(7), standing: .left,
        signature: signature)
    static let farewellHex =
        "02 0059 0102030405060708 C0C1C2C3C4C5C6C7 0000000000000007 01 5A*64"

    static let suspicion = SuspectStatement(
        target: member, corePrefix: corePrefix, incarnation: incarnation(7), accuser: accuser,
        signature: signature)
    static let suspicionHex =
        "03 0060 0102030405060708 C0C1C2C3C4C5C6C7 0000000000000007 1112131415161718 5A*64"

    static func death(accusers: Range<UInt64>) -> DeadStatement {
        DeadStatement(
            target: member, corePrefix: corePrefix, incarnation: incarnation(7),
            accusations: accusers.map { .init(accuser: NodeID($0), signature: signature) })
    }

    static func state(since: UInt64, _ changes: [(String, [UInt8]?)]) -> StateStatement {
        StateStatement(
            member: member, process: boot, version: 3,
            root: StateRoot(Octets32(repeating: 0x0F)), signature: signature, since: since,
            changes: changes.map { StateEntry(key: stateKey($0.0), value: $0.1) })
    }
    /// Member, process, version, root and signature.
    static let stateHead = "0102030405060708 B0B1B2B3B4B5B6B7 0000000000000003 0F*32 5A*64"

    static func stateKey(_ text: String) -> StateKey {
        guard let key = StateKey(text) else { preconditionFailure(text) }
        return key
    }

    static func message(payload: [UInt8]) -> UserStatement {
        UserStatement(
            origin: member, sequence: 9, timeToLive: 4, applicationType: 0x0102, payload: payload,
            signature: signature)
    }
}
