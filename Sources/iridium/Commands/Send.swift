import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import Membership
import SystemPackage

/// `iridium send`.
struct Send: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message from a node of this machine to all other members, or to one.",
        discussion: """
            At most 1,024 bytes, best effort, in no particular order. Each member shows it once: an \
            agent and iridium monitor as a line, a prompt above the line being typed. No member \
            confirms it, except with --reliable.

            Examples:
              iridium send "deploy 42"
              date | iridium send - --type 7
            """)

    @Argument(help: "The text; - reads it from standard input, byte by byte.")
    var text: String

    @Option(help: "A number by which programs distinguish messages, at most 65535.") var type:
        UInt16 = 0
    @Option(help: ArgumentHelp("The one member that receives it.", valueName: "name"))
    var to: String?
    @Flag(help: "With --to: send it over a stream, and wait until that node confirms it.")
    var reliable = false
    @OptionGroup var client: ClientOptions

    func run() throws {
        guard to != nil || !reliable else {
            throw IridiumError.badValue(
                option: "--reliable", value: "without --to", expected: "one member: --to NAME")
        }
        let (line, json) = try client.ask(
            .send(type: type, payload: try payload(), to: to, isReliable: reliable),
            within: .seconds(15))
        let members = Int(json["members"]?.integer ?? 0)
        try StandardOutput.write(client.output.json ? line + "\n" : ClusterText.sent(to: members))
    }

    private func payload() throws(IridiumError) -> [UInt8] {
        guard text == "-" else {
            guard !text.isEmpty else {
                throw .badValue(
                    option: "the text", value: text,
                    expected: "at least one character, or - for standard input")
            }
            let payload = Array(text.utf8)
            // The agent would not read such a long line, and so would not answer.
            guard payload.count <= Bounds.userPayloadBytes else { throw .messageTooLong }
            return payload
        }
        do throws(Errno) {
            let payload = try FileDescriptor.standardInput.readToEnd(limit: Bounds.userPayloadBytes)
            if !payload.isEmpty { return payload }
        } catch {
            guard error == .fileTooLarge else {
                throw .cannotRead(path: "standard input", reason: error.text)
            }
            throw .messageTooLong
        }
        throw .badValue(
            option: "the text", value: text, expected: "at least one byte on standard input")
    }
}
