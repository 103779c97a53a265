internal import IridiumShell
package import Membership

/// What a client asks of a running node: one JSON object on one line.
///
///     {"command":"members"}
///     {"command":"join","seed":"127.0.0.1:2254"}
///     {"command":"wait","members":3,"timeout_ms":30000}
package enum ControlRequest: Equatable, Sendable {
    case members
    case status
    case join(HostAndPort)
    case leave
    /// All members, then every change until the client goes.
    case monitor
    /// Until so many are alive in one view.
    case wait(members: Int, timeout: Duration)
    /// A member by its name, or its id of 16 digits.
    case forget(String)
    /// A member by its name.
    case check(String)
    /// The node's own text, which every member stores; it replaces the one before.
    case metadata(String)
    /// Which cluster keys the node holds.
    case keys
    /// Replace the cluster key on all members: a line a step, then the end.
    case rotateKeys(Rotation)

    /// How the cluster key shall be replaced.
    package struct Rotation: Equatable, Sendable {
        /// More names than anybody types.
        package static let mostAbsent = 32

        /// How long the old key lets members fetch the new one.
        package var grace: Duration
        /// Names of members that are not waited for.
        package var without: [String]
        /// How long a step waits for members that do not confirm.
        package var patience: Duration

        package init(grace: Duration, without: [String], patience: Duration) {
            self.grace = grace
            self.without = without
            self.patience = patience
        }
    }
    /// A message to all others: its type, which is the application's affair, and its bytes.
    case send(type: UInt16, payload: [UInt8])

    /// The longest request, in bytes: a message of 1,024 is the longest part of any, and a control
    /// character takes six.
    package static let longestLine = 8_192
    /// The longest wait.
    package static let longestTimeout = Duration.seconds(86_400)

    /// As it is sent.
    package var json: JSON {
        switch self {
        case .members: ["command": "members"]
        case .status: ["command": "status"]
        case .join(let seed): ["command": "join", "seed": .string(seed.description)]
        case .leave: ["command": "leave"]
        case .monitor: ["command": "monitor"]
        case .wait(let members, let timeout):
            [
                "command": "wait", "members": JSON(members),
                "timeout_ms": JSON(milliseconds: timeout),
            ]
        case .forget(let name): ["command": "forget", "member": .string(name)]
        case .check(let name): ["command": "check", "member": .string(name)]
        case .metadata(let text): ["command": "metadata", "text": .string(text)]
        case .keys: ["command": "keys"]
        case .rotateKeys(let rotation):
            [
                "command": "rotate-keys", "grace_ms": JSON(milliseconds: rotation.grace),
                "without": .array(rotation.without.map { .string($0) }),
                "timeout_ms": JSON(milliseconds: rotation.patience),
            ]
        case .send(let type, let payload):
            if let text = String(validating: payload, as: UTF8.self) {
                ["command": "send", "type": JSON(type), "text": .string(text)]
            } else {
                [
                    "command": "send", "type": JSON(type),
                    "hex": .string(hexadecimal(payload)),
                ]
            }
        }
    }

    /// Why a line is no request: one clause.
    package struct Malformed: Error, Equatable, Sendable {
        package let reason: String
    }

    /// Reads one line. Unknown keys are ignored: later versions may send more.
    package init(line: [UInt8]) throws(Malformed) {
        let json: JSON
        do throws(JSONReader.Failure) {
            json = try JSONReader.parse(line)
        } catch {
            throw Malformed(reason: "not JSON: \(error.reason) at byte \(error.offset)")
        }
        switch json["command"]?.text {
        case "members": self = .members
        case "status": self = .status
        case "leave": self = .leave
        case "keys": self = .keys
        case "rotate-keys": self = .rotateKeys(try Self.rotation(in: json))
        case "monitor": self = .monitor
        case "join":
            guard let text = json["seed"]?.text, case .success(let seed) = HostAndPort.parse(text)
            else { throw Malformed(reason: "join needs a seed, HOST:PORT") }
            self = .join(seed)
        case "wait":
            guard let members = json["members"]?.integer, (1...1_000_000).contains(members),
                let milliseconds = json["timeout_ms"]?.integer, milliseconds >= 0,
                .milliseconds(milliseconds) <= Self.longestTimeout
            else { throw Malformed(reason: "wait needs members and timeout_ms") }
            self = .wait(members: Int(members), timeout: .milliseconds(milliseconds))
        case "forget": self = .forget(try Self.member(in: json))
        case "check": self = .check(try Self.member(in: json))
        case "metadata":
            guard let text = json["text"]?.text else {
                throw Malformed(reason: "metadata needs a text")
            }
            self = .metadata(text)
        case "send": self = try Self.send(json)
        case let command?: throw Malformed(reason: "unknown command \"\(command)\"")
        case nil: throw Malformed(reason: "there is no command in it")
        }
    }

    private static func rotation(in json: JSON) throws(Malformed) -> Rotation {
        guard let grace = json["grace_ms"]?.integer, grace >= 0,
            let patience = json["timeout_ms"]?.integer, patience >= 0,
            .milliseconds(patience) <= longestTimeout
        else { throw Malformed(reason: "rotate-keys needs grace_ms and timeout_ms") }
        let without = json["without"]?.elements ?? []
        let names = without.compactMap(\.text)
        guard names.count == without.count, names.count <= Rotation.mostAbsent else {
            throw Malformed(reason: "without is a list of at most \(Rotation.mostAbsent) names")
        }
        return Rotation(
            grace: .milliseconds(grace), without: names, patience: .milliseconds(patience))
    }

    /// Either a text or bytes in hexadecimal; without a type it is 0.
    private static func send(_ json: JSON) throws(Malformed) -> ControlRequest {
        guard let type = UInt16(exactly: json["type"]?.integer ?? 0) else {
            throw Malformed(reason: "the type of a message is a number from 0 to 65535")
        }
        let text = json["text"]?.text.map { Array($0.utf8) }
        let bytes = json["hex"]?.text.map { Hexadecimal.bytes($0) } ?? nil
        guard let payload = text ?? bytes, text == nil || json["hex"] == nil else {
            throw Malformed(reason: "send needs a text, or bytes as hex")
        }
        return .send(type: type, payload: payload)
    }

    private static func member(in json: JSON) throws(Malformed) -> String {
        guard let name = json["member"]?.text else { throw Malformed(reason: "it names no member") }
        return name
    }
}
