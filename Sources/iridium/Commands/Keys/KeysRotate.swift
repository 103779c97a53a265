import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import SystemPackage

/// `iridium keys rotate`.
struct KeysRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace the cluster key on all members while they run.",
        discussion: """
            First the new key is installed on every member, then all seal with it, then the old key is \
            retired. Each step begins when every living member has confirmed the one before. If \
            members do not confirm, the rotation stops and names them. The cluster keeps working, and \
            the same command on any member continues from that step. A member that is away can come \
            back with the old key until its grace is over. If a key has leaked, use --grace 0s, which \
            also ends the grace of all older keys.

            Examples:
              iridium keys rotate
              iridium keys rotate --without n4 --grace 1d
            """)

    @Option(help: "How long a member with the old key may fetch the new one: 0s to 30d.")
    var grace = "7d"
    @Option(
        help: ArgumentHelp(
            "A member that the rotation does not wait for; may be repeated.", valueName: "name"))
    var without: [String] = []
    @Option(help: "How long each step waits for confirmations.") var timeout = "30s"
    @OptionGroup var client: ClientOptions

    /// Time that a step may take beyond its patience: calls that are under way have a separate
    /// limit.
    private static let margin = Duration.seconds(60)

    func run() throws {
        let patience = try DurationOption.parse(timeout, option: "--timeout")
        let order = ControlRequest.Rotation(
            grace: try DurationOption.parse(grace, option: "--grace", atMostDays: 30),
            without: without, patience: patience)
        guard without.count <= ControlRequest.Rotation.mostAbsent else {
            throw IridiumError.badValue(
                option: "--without", value: "\(without.count) names",
                expected: "at most \(ControlRequest.Rotation.mostAbsent) names")
        }
        var connection = try client.begin(.rotateKeys(order))
        var lost: IridiumError?
        while true {
            let (line, json) = try ClientOptions.answer(
                in: try Self.next(of: &connection, within: patience + Self.margin))
            let isDone = json["schema"]?.text == "iridium.keys-rotate/1"
            let text =
                client.output.json
                ? line + "\n" : isDone ? Self.end(json) : Self.step(json)
            // Without a reader, a rotation would stop half done and without a word.
            do throws(IridiumError) {
                try StandardOutput.write(text)
            } catch {
                lost = error
            }
            guard isDone else { continue }
            if let lost { throw lost }
            return
        }
    }

    private static func next(
        of connection: inout ControlClient, within patience: Duration
    ) throws -> [UInt8] {
        let line: [UInt8]?
        do throws(Errno) {
            line = try connection.nextLine(within: patience)
        } catch {
            throw IridiumError.agentFailed("the agent does not answer any more: \(error.text)")
        }
        guard let line else {
            throw IridiumError.agentFailed(
                "the agent closed the connection before the rotation was done")
        }
        return line
    }

    /// `install  3f9a21c0  2 of 5 confirmed  n2`
    static func step(_ json: JSON) -> String {
        let count = { (key: String) in json[key]?.integer ?? 0 }
        let words = [
            Layout.padded(json["step"]?.text ?? "-", to: 7), json["key"]?.text ?? "-",
            "\(count("confirmed")) of \(count("members")) confirmed", json["by"]?.text ?? "",
        ]
        return Layout.trimmedEnd(words.joined(separator: "  ")) + "\n"
    }

    static func end(_ json: JSON) -> String {
        let names = { (key: String) in (json[key]?.elements ?? []).compactMap(\.text) }
        let key = json["key"]?.text ?? "-"
        let confirmed = names("confirmed").count
        var text =
            (json["resumed"]?.boolean == true ? "Finished the rotation that was begun" : "Rotated")
            + ": \(Layout.count(confirmed, "member seals", "members seal")) with \(key) "
            + "(version \(json["version"]?.integer ?? 0)).\n"
        text +=
            json["old_key_until"]?.text.map {
                "Members that were away can come back with the old key until \($0).\n"
            } ?? "No older key works any more: a member that was away needs the new key file.\n"
        let forgetful = names("in_memory_only")
        if !forgetful.isEmpty {
            text += "Held in memory only; give the new key to the next start of: "
            text += Layout.list(forgetful) + ".\n"
        }
        return text
    }
}
