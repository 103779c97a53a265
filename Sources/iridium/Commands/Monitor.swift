import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import LibC
import Membership
import SystemPackage

/// `iridium monitor`.
struct Monitor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the members, then every change, until Ctrl-C.",
        discussion: """
            --until takes a count and a number (members and alive count those alive; suspect, dead, \
            left), compared by <, <=, =, !=, >=, >, or a name and a state, by = or !=. The command \
            then ends with 0.

            Examples:
              iridium monitor --follow
              iridium monitor --until 'members>=3'
              iridium monitor --until n4=dead && echo "n4 is gone"
              iridium monitor --json | jq 'select(.event == "failed")'
            """)

    @Flag(help: "If the agent ends, wait for it to come back instead of exiting with 69.")
    var follow = false
    @Option(
        help: ArgumentHelp("End when this holds: 'members>=3', n4=dead.", valueName: "condition"))
    var until: String?
    @OptionGroup var client: ClientOptions

    /// Pause between two searches for an agent that has gone.
    private static let pause = Duration.milliseconds(250)

    func run() throws {
        // Several may run: the command follows the one that it found first.
        let condition = try until.map { text throws(IridiumError) in
            guard let condition = MonitorCondition(text) else {
                throw .badValue(
                    option: "--until", value: text,
                    expected: "a count and a number, 'members>=3', or a name and a state, n4=dead")
            }
            return condition
        }
        let name = try client.name()
        while try watch(name, until: condition) {
            let gone = IridiumError.agentGone(name)
            guard follow else { throw gone }
            StandardError.write(client.output.json ? gone.json + "\n" : gone.text)
            repeat { sleepBlocking(Self.pause) } while !client.isRunning(name)
        }
    }

    /// Shows the lines of the agent until it closes the connection; false if the condition is met, or if
    /// nothing reads our output any more.
    private func watch(_ name: String, until condition: MonitorCondition?) throws -> Bool {
        var connection = try client.begin(.monitor(until: condition), with: name)
        while let line = try Self.next(of: &connection) {
            let json: JSON
            do {
                json = try ClientOptions.answer(in: line).json
            } catch let failure as RemoteFailure where follow && failure.isClusterOff {
                // The agent is starting or stopping.
                return true
            }
            if json["schema"]?.text == "iridium.until/1" {
                if client.output.json { try StandardOutput.write(json.line + "\n") }
                return false
            }
            let text = client.output.json ? Self.event(json).line : json["line"]?.text ?? ""
            // A pipe ends in this way.
            guard try StandardOutput.write(text + "\n") else { return false }
        }
        return true
    }

    private static func next(of connection: inout ControlClient) throws -> [UInt8]? {
        do throws(Errno) {
            return try connection.nextLine(within: nil)
        } catch {
            guard error.isHangup else {
                throw IridiumError.agentFailed("the agent is gone: \(error.text)")
            }
            return nil
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
        abstract:
            "Wait until a number of members are alive in one view; exit with 75 at the timeout.",
        discussion: """
            Examples:
              iridium wait --members 3
              iridium wait --members 2 --tag role=db --timeout 1m
            """)

    @Option(help: "How many members, this node included.") var members: Int
    @Option(help: "How long to wait, the agent's start included: 30s, 500ms, 2m.")
    var timeout = "30s"
    @Option(
        help: ArgumentHelp(
            "Count only members with this tag; may be repeated.", valueName: "key=value"))
    var tag: [String] = []
    @OptionGroup var client: ClientOptions

    func run() throws {
        guard (1...1_000_000).contains(members) else {
            throw IridiumError.badValue(
                option: "--members", value: "\(members)", expected: "a number from 1")
        }
        let timeout = try DurationOption.parse(timeout, option: "--timeout")
        let tags = try TagOption.parse(tag, option: "--tag")
        let (line, json) = try ask(tags, within: timeout)
        let waited = Duration.milliseconds(json["waited_ms"]?.integer ?? 0)
        let count = Layout.count(Int(json["members"]?.integer ?? 0), "member", "members")
        try StandardOutput.write(
            client.output.json
                ? line + "\n" : "\(count) alive in one view after \(DurationText.spoken(waited)).\n"
        )
    }

    /// Asks an agent that is running; waits for an agent that is still starting.
    private func ask(_ tags: Tags, within timeout: Duration) throws -> (line: String, json: JSON) {
        let begun = ContinuousClock.now
        var left = timeout
        while true {
            do {
                return try client.ask(
                    .wait(members: members, tags: tags, timeout: left), within: left + .seconds(10))
            } catch let error as IridiumError
                where [.noAgent, .agentGone].contains(error.code) && left > .zero
            {
                sleepBlocking(Self.pause)
            } catch let failure as RemoteFailure where failure.isClusterOff && left > .zero {
                sleepBlocking(Self.pause)
            }
            left = max(.zero, timeout - (ContinuousClock.now - begun))
        }
    }

    /// Pause between two searches for an agent.
    private static let pause = Duration.milliseconds(50)
}

/// Commands work step by step, on a separate thread.
func sleepBlocking(_ duration: Duration) {
    usleep(UInt32(clamping: duration.wholeMilliseconds * 1_000))
}
