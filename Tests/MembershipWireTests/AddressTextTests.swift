import Testing

@testable import MembershipWire

/// Addresses as text, both ways.
struct AddressTextTests {
    /// RFC 5952, section 4, and the forms of RFC 4291, section 2.2: what is written, what is shown.
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("192.0.2.1", "192.0.2.1"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"),
        ("0:0:0:0:0:0:0:0", "::"), ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:DB8::1", "2001:db8::1"), ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        // One zero group is not shortened.
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        // The longest run is, and of two equal ones the first.
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("fe80::1", "fe80::1"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("::ffff:c000:201", "::ffff:192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ])
    func `an address is read and shown in its canonical form`(text: String, shown: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == shown)
        #expect(IPAddress(shown) == address)
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.04", "1..2.3", "1.2.3.",
        "1.2.3.4 ", "+1.2.3.4", "0x1.2.3.4", "1.2.3.\u{664}",
        ":", ":::", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
        "::1::", "1::2::3", "12345::", "g::", "::1%eth0", "fe80::1%1", "[::1]", "1.2.3.4::",
        "::1.2.3", "::256.1.1.1", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:01.2.3.4", "-1::",
    ])
    func `what is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `random addresses survive their text`() {
        var random = SplitMix(seed: 21)
        for _ in 0..<2_000 {
            let v4 = IPAddress.v4(UInt32(truncatingIfNeeded: random.next()))
            // Many zero groups, so that the shortening is tried at every place.
            let mask = (0..<8).map { _ in random.next() & 1 == 0 ? UInt64(0) : 0xFFFF }
            let high = random.next() & (mask[0] << 48 | mask[1] << 32 | mask[2] << 16 | mask[3])
            let low = random.next() & (mask[4] << 48 | mask[5] << 32 | mask[6] << 16 | mask[7])
            for address in [v4, .v6(high, low)] where IPAddress(address.description) != address {
                Issue.record("\(address)")
            }
        }
    }

    @Test(arguments: ["192.0.2.1:2254", "[2001:db8::1]:1", "[::]:65535"])
    func `an endpoint survives its text`(text: String) throws {
        #expect(try #require(Endpoint(text)).description == text)
    }

    @Test(arguments: [
        "192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "::1:2254", "[::1]", "n1:2254",
        "[192.0.2.1]:1", ":1", "192.0.2.1:+1",
    ])
    func `what is no endpoint is refused`(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("192.0.2.1:1", true), ("[::1]:1", true), ("[fe80::1]:1", true),
        ("0.0.0.0:1", false), ("[::]:1", false), ("224.0.0.1:1", false),
        ("239.255.255.255:1", false),
        ("255.255.255.255:1", false), ("[ff02::1]:1", false), ("[::ffff:192.0.2.1]:1", false),
    ])
    func `only what others can send to is advertised`(text: String, isAdvertisable: Bool) throws {
        #expect(try #require(Endpoint(text)).isAdvertisable == isAdvertisable)
    }

    @Test func `port 0 is never advertised`() {
        #expect(!Endpoint(.v4(0x7F00_0001), port: 0).isAdvertisable)
    }

    @Test func `loopback is 127 slash 8 and colon colon 1`() {
        #expect(IPAddress("127.255.0.1")?.isLoopback == true)
        #expect(IPAddress("::1")?.isLoopback == true)
        #expect(IPAddress("128.0.0.1")?.isLoopback == false)
        #expect(IPAddress("::2")?.isLoopback == false)
    }
}
