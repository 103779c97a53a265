import MembershipWire
import Testing

/// What signatures are made over, byte by byte.
struct SignedTextTests {
    private let cluster = ClusterID(Octets16(repeating: 0xC1))
    private let core = CoreHash(Octets32(repeating: 0xCC))

    @Test func `each kind of text has exactly its bytes`() {
        let statement = SignedText.statement(core, Example.incarnation(7), .left)
        #expect(
            statement.bytes(in: cluster)
                == Array("IR1 statement".utf8) + hex("00*3 C1*16 CC*32 0000000000000007 01"))
        let suspicion = SignedText.suspicion(
            target: Example.member, core, Example.incarnation(7), accuser: Example.accuser)
        #expect(
            suspicion.bytes(in: cluster)
                == Array("IR1 suspect".utf8)
                + hex("00*5 C1*16 0102030405060708 CC*32 0000000000000007 1112131415161718"))
        let gone = SignedText.gone(
            target: Example.member, core, Example.incarnation(7), accuser: Example.accuser)
        #expect(
            gone.bytes(in: cluster)
                == Array("IR1 gone".utf8)
                + hex("00*8 C1*16 0102030405060708 CC*32 0000000000000007 1112131415161718"))
        let degraded = SignedText.degraded(
            member: Example.member, Example.incarnation(7), counter: 2)
        #expect(
            degraded.bytes(in: cluster)
                == Array("IR1 degraded".utf8)
                + hex("00*4 C1*16 0102030405060708 0000000000000007 00000002"))
        let user = SignedText.user(
            origin: Example.member, sequence: 9, applicationType: 0x0102, payload: [0xAA])
        #expect(
            user.bytes(in: cluster)
                == Array("IR1 user".utf8)
                + hex("00*8 C1*16 0102030405060708 0000000000000009 0102 AA"))
    }

    @Test func `a state signs its version and its root`() {
        let state = Example.state(since: 0, [])
        #expect(
            state.text.bytes(in: cluster)
                == Array("IR1 state".utf8)
                + hex("00*7 C1*16 0102030405060708 B0B1B2B3B4B5B6B7 0000000000000003 0F*32"))
    }

    @Test func `the text of a root is that of the entries on the wire`() {
        let state = Example.state(since: 0, [("a", [0xEE, 0xFF]), ("b/1", [])])
        #expect(
            StateStatement.rootText(of: state.changes)
                == hex("01 61 00 0002 EEFF 03 622F31 00 0000"))
    }

    @Test func `texts of different kinds or clusters never have the same bytes`() {
        let one = SignedText.statement(core, .first, .alive)
        let other = ClusterID(Octets16(repeating: 0xC2))
        #expect(one.bytes(in: cluster) != one.bytes(in: other))
    }
}
