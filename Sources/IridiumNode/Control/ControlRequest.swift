package import IridiumJSON
internal import IridiumShell

/// A client's request to a running node: one JSON object on one line.
///
///     {"command":"members"}
///     {"command":"join","seed":"127.0.0.1:2254"}
///     {"command":"wait","members":3,"timeout_ms":30000}
///
/// The commands are rows, in `Commands/`. Each file there defines how its requests are written,
/// read and answered.
package struct ControlRequest: Equatable, Sendable {
    /// The longest request, in bytes. The longest part of any request is a value of a state, 4,096 bytes
    /// in hexadecimal.
    package static let longestLine = 12_288
    /// The longest wait.
    package static let longestTimeout = Duration.seconds(86_400)

    /// The object that is sent.
    package let json: JSON

    init(_ command: String, _ facts: [JSON.Field] = []) {
        json = .object([JSON.Field("command", .string(command))] + facts)
    }

    /// The reason why a line is not a request: one clause.
    package struct Malformed: Error, Equatable, Sendable {
        package let reason: String

        var message: IridiumError { .agentFailed("the request cannot be read: \(reason)") }
    }

    /// Reads one line. Unknown keys are ignored: later versions may send more.
    package init(line: [UInt8]) throws(Malformed) {
        do throws(JSONReader.Failure) {
            json = try JSONReader.parse(line)
        } catch {
            throw Malformed(reason: "not JSON: \(error.reason) at byte \(error.offset)")
        }
        _ = try answer()
    }

    /// The node's answer to this request.
    func answer() throws(Malformed) -> ControlCommand.Answer {
        guard let name = json["command"]?.text else {
            throw Malformed(reason: "there is no command in it")
        }
        guard let command = ControlCommand.table.first(where: { $0.name == name }) else {
            throw Malformed(reason: "unknown command \"\(name)\"")
        }
        return try command.read(json)
    }
}

/// A command of the control socket.
struct ControlCommand: Sendable {
    /// Sends the lines of an answer; what it throws is sent as the last one.
    typealias Answer = @Sendable (Node, ControlReply) async throws(IridiumError) -> Void

    let name: String
    /// Checks the facts of a request and returns its answer.
    let read: @Sendable (JSON) throws(ControlRequest.Malformed) -> Answer

    /// All commands.
    static let table =
        memberCommands + viewCommands + clusterCommands + tagCommands + stateCommands + keyCommands

    init(
        _ name: String,
        _ read: @escaping @Sendable (JSON) throws(ControlRequest.Malformed) -> Answer
    ) {
        self.name = name
        self.read = read
    }

    /// A command without facts.
    init(_ name: String, answer: @escaping Answer) { self.init(name) { _ in answer } }

    /// The name or the id of the request's member.
    static func member(in request: JSON) throws(ControlRequest.Malformed) -> String {
        guard let name = request["member"]?.text else {
            throw ControlRequest.Malformed(reason: "it names no member")
        }
        return name
    }
}
