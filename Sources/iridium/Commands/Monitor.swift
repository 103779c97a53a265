import ArgumentParser
import IridiumNode
import IridiumShell
import SystemPackage

/// `iridium monitor`.
struct Monitor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the members, then every change, until Ctrl-C.")

    @OptionGroup var client: ClientOptions

    func run() throws {
        var connection = try client.begin(.monitor)
        while let line = try Self.next(of: &connection) {
            let (_, json) = try ClientOptions.answer(in: line)
            let text = client.output.json ? Self.event(json).line : json["line"]?.text ?? ""
            // Nobody reads any more: that is how a pipe ends.
            guard try StandardOutput.write(text + "\n") else { return }
        }
    }

    private static func next(of connection: inout ControlClient) throws -> [UInt8]? {
        do throws(Errno) {
            return try connection.nextLine(within: nil)
        } catch {
            throw IridiumError.agentFailed("the agent is gone: \(error.text)")
        }
    }

    /// The event as the agent itself prints it.
    private static func event(_ json: JSON) -> JSON {
        guard case .object(let fields) = json else { return json }
        return .object(fields.filter { $0.key != "line" })
    }
}

/// `iridium wait`.
struct Wait: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Wait until so many members are alive in one view; 75 when time is up.")

    @Option(help: "How many, this node included.") var members: Int
    @Option(help: "How long: 30s, 500ms, 2m.") var timeout = "30s"
    @OptionGroup var client: ClientOptions

    func run() throws {
        guard (1...1_000_000).contains(members) else {
            throw IridiumError.badValue(
                option: "--members", value: "\(members)", expected: "a number from 1")
        }
        let timeout = try DurationOption.parse(timeout, option: "--timeout")
        let (line, json) = try client.ask(
            .wait(members: members, timeout: timeout), within: timeout + .seconds(10))
        let waited = Duration.milliseconds(json["waited_ms"]?.integer ?? 0)
        let count = Layout.count(Int(json["members"]?.integer ?? 0), "member", "members")
        try StandardOutput.write(
            client.output.json
                ? line + "\n" : "\(count) alive in one view after \(DurationText.spoken(waited)).\n"
        )
    }
}
