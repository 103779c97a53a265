import IridiumJSON
import Membership
import Testing

@testable import IridiumNode

@Suite struct ControlRequestTests {
    @Test(arguments: [
        ControlRequest.members, .status, .leave, .monitor(), .views,
        .monitor(until: MonitorCondition("members>=3")), .forget(nil, everywhere: true),
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
        .send(type: 7, payload: Array("deploy ä".utf8)),
        .send(type: 0, payload: []), .send(type: 65_535, payload: [0xFF, 0x00]),
        .send(type: 1, payload: Array(repeating: 0x1B, count: 1_024)),
        .send(type: 1, payload: Array(repeating: 0xFF, count: 1_024)),
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
        #"{"command":"send"}"#,
        #"{"command":"send","type":65536,"text":""}"#, #"{"command":"send","type":-1,"text":""}"#,
        #"{"command":"send","hex":"0"}"#, #"{"command":"send","hex":"0x"}"#,
        #"{"command":"send","text":"a","hex":"00"}"#,
    ])
    func `what is no request is refused`(line: String) {
        #expect(throws: ControlRequest.Malformed.self) {
            try ControlRequest(line: Array(line.utf8))
        }
    }

    @Test func `a message has type 0 unless it is given one`() throws {
        let line = Array(#"{"command":"send","text":"hi"}"#.utf8)
        let message = try ControlCommand.message(in: ControlRequest(line: line).json)
        #expect(message.type == 0 && message.payload == Array("hi".utf8))
    }

    @Test func `keys of later versions are ignored`() throws {
        let line = Array(#"{"command":"status","colour":"blue"}"#.utf8)
        #expect(throws: Never.self) { try ControlRequest(line: line) }
    }
}
