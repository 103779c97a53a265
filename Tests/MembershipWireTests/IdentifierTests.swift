import MembershipWire
import Testing

/// Identifiers, incarnations and fixed-size bytes.
struct IdentifierTests {
    @Test func `an incarnation stays below 2^63 and never wraps`() throws {
        #expect(Incarnation(1 << 63) == nil)
        let last = try #require(Incarnation((1 << 63) - 1))
        #expect(last.next == last)
        #expect(Incarnation.first.next.number == 2)
    }

    @Test func `one step may not jump by more than 2^32`() throws {
        let start = Example.incarnation(10)
        #expect(start.mayJump(to: Example.incarnation(10 + 1 << 32)))
        #expect(!start.mayJump(to: Example.incarnation(11 + 1 << 32)))
        #expect(start.mayJump(to: Example.incarnation(0)))
    }

    @Test func `identifiers are shown with all their zeros`() {
        #expect(NodeID(0x0A).description == "000000000000000a")
        #expect(NodeID(0x0A0B_0C0D_0000_0000).short == "0a0b0c0d")
        #expect(KeyID(0x3F).description == "003f")
    }

    @Test func `octets compare as bytes do`() throws {
        let low = try #require(Octets16(bytes: hex("00*15 FF")))
        let high = try #require(Octets16(bytes: hex("01 00*15")))
        #expect(low < high)
        #expect(!(high < low))
        #expect(Octets16(bytes: hex("00*15")) == nil)
        #expect(Octets64(bytes: hex("01*65")) == nil)
        #expect(Octets32(repeating: 0x80).prefix == 0x8080_8080_8080_8080)
        #expect(Octets64(repeating: 7).bytes == hex("07*64"))
    }
}
