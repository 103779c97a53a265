import MembershipWire
import NIOCore
import Testing

@testable import Membership
@testable import MembershipCore

struct `Addresses and texts` {
    @Test(arguments: [
        (Endpoint(.v4(0x0A01_0203), port: 2254), SocketFamily.v4),
        (Endpoint(.v4(0x0A01_0203), port: 65_535), .dual),
        (Endpoint(.v6(0x2001_0DB8 << 32, 0x42), port: 1), .v6),
        (Endpoint(.v6(0x2001_0DB8 << 32, 0x42), port: 1), .dual),
    ])
    func `an endpoint survives the socket layer`(_ endpoint: Endpoint, _ family: SocketFamily) {
        #expect(SocketAddress(endpoint, for: family)?.endpoint == endpoint)
    }

    @Test func `a socket of one family does not reach the other`() {
        #expect(SocketAddress(Endpoint(.v6(0, 1), port: 1), for: .v4) == nil)
        #expect(SocketAddress(Endpoint(.v4(1), port: 1), for: .v6) == nil)
    }

    @Test func `the candidates for advertising end with loopback`() {
        let candidates = LocalAddresses.candidates()
        #expect(candidates.last?.isLoopback == true)
        #expect(Set(candidates).count == candidates.count)
    }

    @Test func `a literal address is never looked up`() async {
        let seed = HostAndPort(host: "192.0.2.1", port: nil)
        #expect(
            await NameResolution.endpoints(of: seed)
                == [Endpoint(.v4(0xC000_0201), port: 2254)])
    }

    @Test func `a suspicion says who, what was tried and how well we are`() throws {
        let (n2, n3) = (NodeID(2), NodeID(3 << 32))
        let alias = try NodeAlias(parsing: "n2")
        let why = Why(
            evidence: .ownProbe(
                directTimeout: .milliseconds(180), relaysAsked: 3, relaysAnswered: 3,
                stream: .refused),
            accusers: [n2, n3], lastAckAge: .milliseconds(1_234), ownHealth: 0,
            deadline: .seconds(1))
        let reason = Member.Reason(why) { $0 == n2 ? alias : nil }
        #expect(
            reason.text == "by n2, 00000003: no ack in 180 ms, 3 of 3 relays failed, "
                + "TCP refused, last heard 1.2 s ago; own health 0")
        #expect(reason.accusers == [alias])
        #expect(reason.deadIn == .seconds(1))
        #expect(!reason.isProcessGone)
    }

    @Test func `a process that is gone is told as such`() {
        let why = Why(
            evidence: .processGone(heartbeats: 3), accusers: [], lastAckAge: .milliseconds(400),
            ownHealth: 0, deadline: nil)
        let reason = Member.Reason(why) { _ in nil }
        #expect(
            reason.text == "process gone: connection closed, knock refused, "
                + "3 heartbeats unanswered, last heard 400 ms ago; own health 0")
        #expect(reason.isProcessGone)
    }

    @Test(arguments: [
        (Duration.microseconds(312), "0.31 ms"), (.milliseconds(9), "9.00 ms"),
        (.milliseconds(180), "180 ms"), (.milliseconds(59_990), "59.9 s"),
        (.seconds(252), "4m12s"), (.seconds(-1), "0.00 ms"),
    ])
    func `durations are brief`(_ duration: Duration, _ text: String) {
        #expect(duration.brief == text)
    }
}
