import IridiumNode
import Membership
import Testing

@Suite struct ControlRequestTests {
    @Test(arguments: [
        ControlRequest.members, .status, .leave, .monitor,
        .join(HostAndPort(host: "::1", port: 2254)),
        .wait(members: 3, timeout: .milliseconds(1_500)), .forget("n4"), .check("n1"),
        .metadata("role=web ä"), .keys,
        .rotateKeys(.init(grace: .zero, without: [], patience: .seconds(30))),
        .rotateKeys(
            .init(
                grace: .seconds(7 * 86_400),
                without: Array(
                    repeating: String(repeating: "n", count: 63),
                    count: ControlRequest.Rotation.mostAbsent), patience: .milliseconds(1))),
    ])
    func `a request is read back as it was sent`(request: ControlRequest) throws {
        #expect(try ControlRequest(line: Array(request.json.line.utf8)) == request)
        #expect(request.json.line.utf8.count <= ControlRequest.longestLine)
    }

    @Test(arguments: [
        "", "members", "[]", "{}", #"{"command":7}"#, #"{"command":"reboot"}"#,
        #"{"command":"join"}"#, #"{"command":"join","seed":"::1:2254"}"#,
        #"{"command":"wait","members":0,"timeout_ms":1}"#,
        #"{"command":"wait","members":1,"timeout_ms":-1}"#,
        #"{"command":"wait","members":1,"timeout_ms":9223372036854775807}"#,
        #"{"command":"forget"}"#, #"{"command":"metadata"}"#, #"{"command":"rotate-keys"}"#,
        #"{"command":"rotate-keys","grace_ms":-1,"timeout_ms":1}"#,
        #"{"command":"rotate-keys","grace_ms":1,"timeout_ms":1,"without":[7]}"#,
    ])
    func `what is no request is refused`(line: String) {
        #expect(throws: ControlRequest.Malformed.self) {
            try ControlRequest(line: Array(line.utf8))
        }
    }

    @Test func `keys of later versions are ignored`() throws {
        let line = Array(#"{"command":"status","colour":"blue"}"#.utf8)
        #expect(try ControlRequest(line: line) == .status)
    }
}
