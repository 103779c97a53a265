import ArgumentParser
import IridiumAssembler
import IridiumJSON
import IridiumNode
import IridiumShell
import LibC

/// The entry and the only exit: every command ends here, with its message and its exit code.
@main
enum EntryPoint {
    static func main() {
        // A reader that goes away makes `write` fail, and does not end the process.
        signal(SIGPIPE, SIG_IGN)
        // So does a limit for the size of files.
        signal(SIGXFSZ, SIG_IGN)
        let arguments = CommandWords.prepared(Array(CommandLine.arguments.dropFirst()))
        let command: any ParsableCommand
        do {
            let error =
                CommandWords.unreadable() ?? CommandWords.slip(in: arguments)
                ?? CommandWords.slipOfHelp(in: arguments) ?? CommandWords.emptyPath(in: arguments)
            if let error { throw error }
            command = try parsed(arguments)
            guard command is any AsyncParsableCommand else {
                var command = command
                try command.run()
                exit(ExitStatus.success.rawValue)
            }
        } catch {
            finish(with: error, in: arguments)
        }
        runAside(command, arguments: arguments)
    }

    /// The command, unless its name comes after its options.
    private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
        let command: any ParsableCommand
        do {
            command = try Iridium.parseAsRoot(arguments)
        } catch {
            guard Iridium.exitCode(for: error) == .validationFailure,
                let slip = CommandWords.lateCommand(in: arguments)
            else { throw error }
            throw slip
        }
        if let file = (command as? REPL)?.file,
            let slip = CommandWords.lateCommand(in: arguments, takenForFile: file)
        {
            throw slip
        }
        return command
    }

    /// Runs a node on other threads. All of them are made after this point, so they inherit the
    /// signals that are blocked now. A signal that asks the process to end then goes to the thread
    /// that waits for it.
    private static func runAside(_ command: any ParsableCommand, arguments: [String]) -> Never {
        if let command = command as? any WatchesSignals, !command.signals.isEmpty {
            do throws(IridiumError) {
                try ProcessRoom.requireForNode()
            } catch {
                finish(with: error, in: arguments)
            }
            SignalWatch.block(command.signals)
        }
        if (command as? any StaysAtRest)?.staysAtRest == true { TaskThreads.takeOver() }
        let parsed = Parsed(command: command)
        Task {
            do {
                if var command = parsed.command as? any AsyncParsableCommand {
                    try await command.run()
                }
            } catch {
                finish(with: error, in: arguments)
            }
            exit(ExitStatus.success.rawValue)
        }
        while true { pause() }
    }

    private static func finish(with error: any Error, in arguments: [String]) -> Never {
        let isJSON = arguments.contains("--json")
        switch error {
        case let error as IridiumError:
            let error = error.pointing(to: CommandWords.help(for: arguments))
            StandardError.write(isJSON ? error.json + "\n" : error.text)
            exit(error.exit?.rawValue ?? ExitStatus.other.rawValue)
        case let failure as RemoteFailure:
            StandardError.write(isJSON ? failure.line + "\n" : failure.text)
            exit(failure.exitCode)
        case let status as ProcessExit:
            exit(status.code)
        default:
            // The parser knows the texts and codes of help, version and usage.
            let code = Iridium.exitCode(for: error)
            if code == .success { finish(printing: Iridium.fullMessage(for: error), arguments) }
            guard code == .validationFailure else { Iridium.exit(withError: error) }
            let problem = CommandWords.explained(
                Iridium.message(for: error).split(separator: "\n").joined(separator: " "))
            let usage = IridiumError.badArguments(
                command: "the command line:", problem: problem,
                usage: CommandWords.help(for: arguments), example: nil)
            StandardError.write(isJSON ? usage.json + "\n" : usage.text)
            exit(code.rawValue)
        }
    }

    /// The end of a command whose whole answer is this text: help, a version, a script of completions. The
    /// parser would print it too, and not notice that it is lost.
    private static func finish(printing text: String, _ arguments: [String]) -> Never {
        do throws(IridiumError) {
            try StandardOutput.write(text + "\n")
        } catch {
            finish(with: error, in: arguments)
        }
        exit(ExitStatus.success.rawValue)
    }
}

/// A parsed command on its way to the task that runs it. Nothing else holds it.
private struct Parsed: @unchecked Sendable {
    let command: any ParsableCommand
}

extension IridiumError {
    /// Adds the advice to read the help text that lists the option.
    fileprivate func pointing(to help: String) -> IridiumError {
        guard code == .badValue else { return self }
        var error = self
        error.advice = help
        return error
    }
}

/// A command with its own way to end when the process gets a signal.
protocol WatchesSignals {
    var signals: [Int32] { get }
}

/// A command whose process may be at rest most of the time, for months.
protocol StaysAtRest {
    var staysAtRest: Bool { get }
}

/// An end with an exit code and without a message.
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

    /// The error for an argument that is not valid UTF-8. The standard library has already replaced
    /// the invalid bytes, so the command would send or open something other than its user wrote.
    static func unreadable() -> IridiumError? {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let word = CommandLine.unsafeArgv[index],
                String(validatingCString: word) == nil
            else { continue }
            return .badArguments(
                command: "the command line:", problem: "word \(index) is not UTF-8",
                usage: "iridium send - takes any bytes, from standard input", example: nil)
        }
        return nil
    }

    /// The command whose help lists the options: "iridium help keys rotate".
    static func help(for arguments: [String]) -> String {
        var command: any ParsableCommand.Type = Iridium.self
        var path: [String] = []
        for word in arguments {
            guard
                let next = command.configuration.subcommands.first(where: {
                    $0._commandName == word
                })
            else { break }
            command = next
            path.append(word)
        }
        return "iridium help " + (path.isEmpty ? ["repl"] : path).joined(separator: " ")
    }

    /// The error for a first word that is neither a command nor a file, but similar to a command.
    ///
    /// The parser would read it as the name of a program and report that there is no such file.
    static func slip(in arguments: [String]) -> IridiumError? {
        guard let word = arguments.first, !word.hasPrefix("-"), !word.contains("/"),
            !word.contains("."), !names.contains(word), !SystemCall.exists(word),
            let suggestion = suggestion(for: word)
        else { return nil }
        return .unknownCommand("command \"\(word)\"", suggestion: "iridium \(suggestion)")
    }

    /// The error for a word after `help` that is not a command there. The parser would show the help of the
    /// word before.
    static func slipOfHelp(in arguments: [String]) -> IridiumError? {
        guard arguments.first == "help" else { return nil }
        var command: any ParsableCommand.Type = Iridium.self
        var path = "help"
        for word in arguments.dropFirst() where !word.hasPrefix("-") && word != "help" {
            let known = command.configuration.subcommands
            if let next = known.first(where: { $0._commandName == word }) {
                command = next
                path += " \(word)"
                continue
            }
            guard known.isEmpty else {
                let close = Spelling.closest(to: word, among: known.map { $0._commandName })
                return .unknownCommand(
                    "command \"\(word)\"", suggestion: close.map { "iridium \(path) \($0)" })
            }
            return .badArguments(
                command: "iridium \(path)", problem: "is one command, without \"\(word)\"",
                usage: "iridium \(path)", example: nil)
        }
        return nil
    }

    /// Options that take a path.
    private static let pathOptions: Set<String> = [
        "--data-root-dir", "--key-file", "--config", "--http-token-file", "--out", "--output", "-o",
    ]

    /// The error for an option whose path is empty, as from a variable that is not set. It would mean `/`,
    /// or a file without a name.
    static func emptyPath(in arguments: [String]) -> IridiumError? {
        let words = arguments.prefix { $0 != "--" }
        for (index, word) in words.enumerated() {
            let isEmpty =
                pathOptions.contains(word)
                ? index + 1 < words.count && words[index + 1].isEmpty
                : word.hasSuffix("=") && pathOptions.contains(String(word.dropLast()))
            guard isEmpty else { continue }
            let option = word.hasSuffix("=") ? String(word.dropLast()) : word
            return .badValue(option: option, value: "", expected: "a path")
        }
        return nil
    }

    /// The parser's complaint, with the way to write a value that begins with a dash.
    static func explained(_ problem: String) -> String {
        if problem.hasPrefix("Missing value for") {
            let quoted = problem.split(separator: "'").dropFirst().first ?? ""
            let option = quoted.split(separator: " ").first ?? "--option"
            guard option.hasPrefix("--") else { return problem }
            return problem + "; a value that begins with - is written \(option)=VALUE"
        }
        if problem.hasPrefix("Unknown option '-"), !problem.hasPrefix("Unknown option '--") {
            return problem + "; a text that begins with - comes after --"
        }
        return problem
    }

    /// The error for the name of a command that follows options and was read as a file.
    static func lateCommand(in arguments: [String], takenForFile file: String) -> IridiumError? {
        guard arguments.first?.hasPrefix("-") == true, names.contains(file),
            !SystemCall.exists(file), let place = arguments.lastIndex(of: file)
        else { return nil }
        return late(arguments, at: place)
    }

    /// The same if the options do not belong to the prompt, for any command line that is valid once
    /// it is in the right order.
    static func lateCommand(in arguments: [String]) -> IridiumError? {
        guard arguments.first?.hasPrefix("-") == true else { return nil }
        let place = arguments.indices.first {
            names.contains(arguments[$0]) && isReadable(moved(arguments, from: $0))
        }
        return place.map { late(arguments, at: $0) }
    }

    private static func late(_ arguments: [String], at place: Int) -> IridiumError {
        let word = arguments[place]
        let words = moved(arguments, from: place)
        let usage =
            isReadable(words)
            ? "iridium " + words.map(Layout.shellWord).joined(separator: " ")
            : "iridium \(word) [options]      iridium help \(word) lists them"
        return .badArguments(
            command: "\"\(word)\"", problem: "is a command: write it before the options",
            usage: usage, example: nil)
    }

    private static func moved(_ arguments: [String], from place: Int) -> [String] {
        [arguments[place]] + arguments[..<place] + arguments[(place + 1)...]
    }

    private static func isReadable(_ arguments: [String]) -> Bool {
        (try? Iridium.parseAsRoot(arguments)) != nil
    }

    /// All names of subcommands, including `help`.
    static let names: [String] =
        Iridium.configuration.subcommands.map { $0._commandName } + ["help"]

    private static func suggestion(for word: String) -> String? {
        if let close = Spelling.closest(to: word, among: names) { return close }
        guard word.utf8.count >= 2 else { return nil }
        let beginning = names.filter { $0.hasPrefix(word) }
        return beginning.count == 1 ? beginning.first : nil
    }
}
