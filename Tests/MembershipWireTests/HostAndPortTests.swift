import MembershipWire
import Testing

/// What people type after `join`.
struct HostAndPortTests {
    @Test(
        arguments: [
            ("n1", "n1", nil), ("n1:2254", "n1", 2_254), ("192.0.2.1:1", "192.0.2.1", 1),
            ("localhost:65535", "localhost", 65_535), ("[::1]", "::1", nil),
            ("[2001:db8::1]:2254", "2001:db8::1", 2_254), ("n1:02254", "n1", 2_254),
        ] as [(String, String, UInt16?)])
    func `a host and a port are read`(text: String, host: String, port: UInt16?) throws {
        let parsed = try HostAndPort(parsing: text)
        #expect(parsed == HostAndPort(host: host, port: port))
        #expect(try HostAndPort(parsing: parsed.description) == parsed)
    }

    @Test(
        arguments: [
            ("", .empty), (":2254", .empty), ("::1", .ambiguousIPv6), ("::1:2254", .ambiguousIPv6),
            ("n1:", .badPort("")), ("n1:0", .badPort("0")), ("n1:65536", .badPort("65536")),
            ("n1:-1", .badPort("-1")), ("n1:+1", .badPort("+1")), ("n1:x", .badPort("x")),
            ("[::1]:", .badPort("")), ("[::1", .malformed), ("[n1]:1", .malformed),
            ("[192.0.2.1]:1", .malformed), ("[::1]1", .malformed), ("[]:1", .malformed),
            ("http://n1:1", .malformed), ("tcp://[::1]:1", .malformed), ("n1:1,n2:1", .malformed),
            ("n 1:1", .malformed), (" n1:1", .malformed), ("n1:1\n", .malformed),
        ] as [(String, HostAndPort.ParseError)])
    func `what is neither is refused with its reason`(
        text: String, error: HostAndPort.ParseError
    ) {
        #expect(throws: error) { try HostAndPort(parsing: text) }
    }
}
