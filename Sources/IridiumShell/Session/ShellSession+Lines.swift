internal import IridiumVM
internal import MembershipWire

/// Lines: finds the code that handles what the user typed.
extension ShellSession {
    /// Takes a line, without its line end. Blank lines are ignored. A line is dropped if the
    /// session is waiting for an answer.
    package mutating func submit(_ line: String) -> [ShellEffect] {
        var effects: [ShellEffect] = []
        switch activity {
        case .waiting, .running, .over: break
        case .awaitingPath(let purpose): takePath(line, for: purpose, into: &effects)
        case .idle: take(line, into: &effects)
        }
        return effects
    }

    /// The end of input: the session is over.
    package mutating func endInput() -> [ShellEffect] {
        guard case .over = activity else {
            var effects: [ShellEffect] = []
            quit(into: &effects)
            return effects
        }
        return []
    }

    private mutating func take(_ line: String, into effects: inout [ShellEffect]) {
        guard line.utf8.count <= Self.longestLine else {
            effects.append(
                .print("The line is longer than \(Self.longestLine) bytes and was ignored.\n"))
            return
        }
        guard line.contains(where: { !$0.isWhitespace }) else { return }
        remember(line)
        guard line.first(where: { !$0.isWhitespace }) == "!" else {
            runLine(line, into: &effects)
            return
        }
        let words = line.split(whereSeparator: \.isWhitespace)
        let word = String(words.first ?? "!")
        guard let command = ShellCommand(written: word) else {
            effects.append(.print(invalidCommand(word)))
            return
        }
        guard options.reach == .local || command.row.isRemote else {
            effects.append(.print(IridiumError.notAllowed(command: command.rawValue).text))
            return
        }
        guard options.isDemo || !command.row.isDemo else {
            effects.append(.print(IridiumError.noDemo.text))
            return
        }
        do throws(IridiumError) {
            try refuseSurplus(words.dropFirst(), of: command)
            try perform(command, words.dropFirst(), rest: rest(of: line), into: &effects)
        } catch {
            effects.append(.print(error.text))
        }
    }

    private mutating func perform(
        _ command: ShellCommand, _ arguments: ArraySlice<Substring>, rest: String,
        into effects: inout [ShellEffect]
    ) throws(IridiumError) {
        switch command {
        case .quit: quit(into: &effects)
        case .help: effects.append(.print(try help(arguments.first)))
        case .history: effects.append(.print(historyListing))
        case .program: effects.append(.print(programListing))
        case .clearProgram: clearProgram()
        case .registers:
            effects.append(.print(try registerListing(RegisterRange(arguments.first))))
        case .clearRegisters:
            machine.clearRegisters()
            effects.append(.print("Setting all registers to 0\nDone!\n"))
        case .symbols: effects.append(.print(symbolListing))
        case .loadFile: beginFile(.load, path: rest, into: &effects)
        case .spawn: beginFile(.spawn, path: rest, into: &effects)
        case .listPrograms: ask(.listPrograms, into: &effects)
        case .killProgram:
            ask(.killProgram(try programNumber(arguments.first)), into: &effects)
        case .startCluster: ask(.startCluster, into: &effects)
        case .joinCluster:
            let address = try AddressArgument.parse(arguments, of: command)
            effects.append(.print("Attempting to join cluster...\n"))
            ask(.joinCluster(address), into: &effects)
        case .leaveCluster: ask(.leaveCluster, into: &effects)
        case .clusterMembers: ask(.listMembers, into: &effects)
        case .clusterState: ask(.listStates(of: arguments.first.map(String.init)), into: &effects)
        case .clusterEvents: ask(.listEvents, into: &effects)
        case .clusterSend: ask(.send(try message(rest)), into: &effects)
        case .status: ask(.status, into: &effects)
        case .forget: ask(.forget(try memberName(arguments.first)), into: &effects)
        case .demo: ask(.demo(try DemoOrder(arguments)), into: &effects)
        case .clusterCheck: ask(.check(try checkTarget(arguments)), into: &effects)
        }
    }

    mutating func ask(_ request: ShellRequest, into effects: inout [ShellEffect]) {
        activity = .waiting(for: request)
        effects.append(.ask(request))
    }

    private mutating func quit(into effects: inout [ShellEffect]) {
        activity = .over
        effects += [.print("Farewell! Have a great day!\n"), .quit]
    }

    private mutating func remember(_ line: String) {
        history.append(line)
        historySize += line.utf8.count
        while history.count > Self.longestHistory || historySize > options.historyBytes {
            historySize -= history.removeFirst().utf8.count
        }
    }

    /// The text after the first word, without the blanks around it: paths may contain blanks.
    private func rest(of line: String) -> String {
        let afterName = line.drop(while: \.isWhitespace).drop { !$0.isWhitespace }
        return Layout.trimmedEnd(String(afterName.drop(while: \.isWhitespace)))
    }

    // MARK: Arguments

    /// A surplus word may be the most important one to its user, so it is an error.
    private func refuseSurplus(
        _ words: ArraySlice<Substring>, of command: ShellCommand
    ) throws(IridiumError) {
        guard let most = command.row.argument.mostWords, words.count > most,
            let surplus = words.dropFirst(most).first
        else { return }
        throw .badArguments(
            command: command.rawValue, problem: "cannot use \(Layout.quoted(String(surplus)))",
            usage: command.row.usage, example: nil)
    }

    private func invalidCommand(_ word: String) -> String {
        let isRemote = options.reach == .remote
        guard
            let suggestion = CommandSuggestion.suggestion(
                for: word, remote: isRemote, demo: options.isDemo)
        else {
            return "Invalid command!\n"
        }
        let error = IridiumError.unknownCommand(word, suggestion: suggestion)
        return "Invalid command! \(Layout.capitalised(error.what)) [\(error.code.text)]\n"
    }

    private func help(_ word: Substring?) throws(IridiumError) -> String {
        guard let word else {
            return HelpText.overview(remote: options.reach == .remote, demo: options.isDemo)
        }
        let name = word.hasPrefix("!") ? String(word) : "!\(word)"
        guard let command = ShellCommand(written: name) else {
            throw .unknownCommand(name, suggestion: CommandSuggestion.suggestion(for: name))
        }
        guard options.isDemo || !command.row.isDemo else { throw .noDemo }
        return HelpText.details(of: command)
    }

    private func programNumber(_ word: Substring?) throws(IridiumError) -> Int {
        guard let word, word.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(word)
        else {
            throw .badArguments(
                command: "!kill",
                problem: word.map { "cannot use \(Layout.quoted(String($0))) as a number" }
                    ?? "needs the number of a program",
                usage: ShellCommand.killProgram.row.usage, example: "!kill 0")
        }
        return number
    }

    private func memberName(_ word: Substring?) throws(IridiumError) -> String {
        guard let word else {
            throw .badArguments(
                command: "!forget", problem: "needs the name of a member",
                usage: ShellCommand.forget.row.usage, example: "!forget n3")
        }
        return String(word)
    }

    private func message(_ rest: String) throws(IridiumError) -> String {
        guard !rest.isEmpty else {
            throw .badArguments(
                command: "!cluster_send", problem: "needs a text",
                usage: ShellCommand.clusterSend.row.usage, example: "!cluster_send deploy 42")
        }
        return rest
    }

    /// A single word without a colon can only be a member's name.
    private func checkTarget(
        _ arguments: ArraySlice<Substring>
    ) throws(IridiumError) -> CheckTarget {
        if arguments.count == 1, let word = arguments.first, !word.contains(":") {
            return .member(String(word))
        }
        return .address(try AddressArgument.parse(arguments, of: .clusterCheck))
    }
}
