import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import Membership
import SystemPackage

/// `iridium state`.
struct StateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Show what members publish about themselves, or change what a node publishes.",
        discussion: """
            A node's state is a small map of values, for example whether it is ready and which parts it \
            serves. Only the node writes it, every member holds it, and it ends with the node's \
            process. It has at most 128 keys and 16,000 bytes, and a value at most 4,096 bytes.

            Examples:
              iridium state set ready yes
              iridium state get ready
              iridium state watch --prefix shard/
            """,
        subcommands: [Get.self, Set.self, Remove.self, Watch.self], defaultSubcommand: Get.self)

    /// `iridium state get`.
    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what living members publish (the default).",
            discussion: "Ends with 2 if a key or a member is named and has no value.")
        @Argument(help: "Only this key.") var key: String?
        @Option(help: ArgumentHelp("Only this member.", valueName: "name")) var member: String?
        @OptionGroup var client: ClientOptions

        func run() throws {
            let (line, json) = try client.ask(.state(of: member, key: key))
            let listing = StateListing(json)
            let isMissing = listing.rows.isEmpty && (key != nil || member != nil)
            let text =
                isMissing ? StateText.nothing(under: key, of: member) : StateText.text(listing)
            try StandardOutput.write(client.output.json ? line + "\n" : text)
            if isMissing { throw ProcessExit(.nothingMatched) }
        }
    }

    /// `iridium state set`.
    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set one value of a node of this machine; the others stay.")
        @Argument(help: "Letters, digits and ._/:-, at most 64.") var key: String
        @Argument(help: "The value; - reads it from standard input, byte by byte.")
        var value: String
        @OptionGroup var client: ClientOptions

        func run() throws {
            let (line, _) = try client.ask(.changeState(set: (key, try bytes())))
            if client.output.json { try StandardOutput.write(line + "\n") }
        }

        private func bytes() throws(IridiumError) -> [UInt8] {
            let tooLarge = IridiumError.stateRefused(
                "a value takes at most \(Bounds.stateValueBytes) bytes")
            guard value == "-" else {
                guard value.utf8.count <= Bounds.stateValueBytes else { throw tooLarge }
                return Array(value.utf8)
            }
            do throws(Errno) {
                return try FileDescriptor.standardInput.readToEnd(limit: Bounds.stateValueBytes)
            } catch {
                guard error == .fileTooLarge else {
                    throw .cannotRead(path: "standard input", reason: error.text)
                }
                throw tooLarge
            }
        }
    }

    /// `iridium state remove`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove some values of a node of this machine.")
        @Argument(help: ArgumentHelp("The keys of the values.", valueName: "key"))
        var keys: [String]
        @OptionGroup var client: ClientOptions

        func run() throws {
            let (line, _) = try client.ask(.changeState(removing: keys))
            if client.output.json { try StandardOutput.write(line + "\n") }
        }
    }

    /// `iridium state watch`.
    struct Watch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what members publish, then every change, until Ctrl-C.")
        @Option(help: "Only keys that begin with this text.") var prefix = ""
        @OptionGroup var client: ClientOptions

        func run() throws {
            let name = try client.name()
            var connection = try client.begin(.watchState(prefix: prefix), with: name)
            while let line = try next(of: &connection) {
                let json = try ClientOptions.answer(in: line).json
                let text = client.output.json ? json.line : json["line"]?.text ?? ""
                // A pipe ends in this way.
                guard try StandardOutput.write(text + "\n") else { return }
            }
            throw IridiumError.agentGone(name)
        }

        private func next(of connection: inout ControlClient) throws -> [UInt8]? {
            do throws(Errno) {
                return try connection.nextLine(within: nil)
            } catch {
                guard error.isHangup else {
                    throw IridiumError.agentFailed("the agent is gone: \(error.text)")
                }
                return nil
            }
        }
    }
}
