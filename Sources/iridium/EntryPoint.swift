import ArgumentParser
import IridiumAssembler
import IridiumNode
import IridiumShell

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The way in and the only way out: every command ends here, with its message and its exit code.
@main
enum EntryPoint {
    static func main() async {
        // A reader that goes away is an error of `write`, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let arguments = CommandWords.prepared(Array(CommandLine.arguments.dropFirst()))
        if let error = CommandWords.slip(in: arguments) { finish(with: error, in: arguments) }
        do {
            var command = try Iridium.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as IridiumError {
            finish(with: error, in: arguments)
        } catch let failure as RemoteFailure {
            StandardError.write(arguments.contains("--json") ? failure.line + "\n" : failure.text)
            exit(failure.exitCode)
        } catch let status as ProcessExit {
            exit(status.code)
        } catch {
            // Help, version and usage: the parser knows their texts and codes.
            Iridium.exit(withError: error)
        }
    }

    private static func finish(with error: IridiumError, in arguments: [String]) -> Never {
        let isJSON = arguments.contains("--json")
        StandardError.write(isJSON ? error.json + "\n" : error.text)
        exit(error.exit?.rawValue ?? ExitStatus.other.rawValue)
    }
}

/// An end with an exit code and nothing more to say.
struct ProcessExit: Error {
    let code: Int32

    init(_ status: ExitStatus) { code = status.rawValue }
    init(code: Int32) { self.code = code }
}

/// Words of the command line that the argument parser cannot judge.
enum CommandWords {
    /// The documents' spelling `--daemon-mode true` as a flag.
    static func prepared(_ arguments: [String]) -> [String] {
        var result: [String] = []
        for word in arguments {
            if result.last == "--daemon-mode", ["true", "false"].contains(word) {
                if word == "false" { result.removeLast() }
            } else {
                result.append(word)
            }
        }
        return result
    }

    /// A first word that is no command and no file, but nearly a command.
    ///
    /// The parser would take it for the name of a program and say that there is no such file.
    static func slip(in arguments: [String]) -> IridiumError? {
        guard let word = arguments.first, !word.hasPrefix("-"), !word.contains("/"),
            !word.contains("."), !names.contains(word), !SystemCall.exists(word),
            let suggestion = suggestion(for: word)
        else { return nil }
        return .unknownCommand("command \"\(word)\"", suggestion: "iridium \(suggestion)")
    }

    /// All names of sub-commands, `help` among them.
    static let names: [String] =
        Iridium.configuration.subcommands.map { $0._commandName } + ["help"]

    private static func suggestion(for word: String) -> String? {
        if let close = Spelling.closest(to: word, among: names) { return close }
        guard word.utf8.count >= 2 else { return nil }
        let beginning = names.filter { $0.hasPrefix(word) }
        return beginning.count == 1 ? beginning.first : nil
    }
}
