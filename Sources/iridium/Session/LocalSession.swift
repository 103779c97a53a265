import IridiumNode
import IridiumShell
import IridiumVM
import LibC
import Logging
import Membership
import Synchronization

/// The REPL of this process: a console, a session, a node, and the loop between them.
///
/// Lines are carried out one after the other; news of the cluster and of spawned programs appears
/// above the line being typed. The session ends by `!quit`, by the end of input, or by a signal. In
/// each case the node first says goodbye to its cluster.
enum LocalSession {
    /// After the end of a script, spawned programs may continue for this long.
    private static let patienceForPrograms = Duration.seconds(2)

    /// An event that the loop waits for.
    private enum Input: Sendable {
        case line(String)
        /// Ctrl-C, in its order among the lines: it cancels a question for a path.
        case interrupt
        case endOfInput
        case terminate
    }

    /// The signals that make it say goodbye and end; at a prompt Ctrl-C is a key like others.
    static var signals: [Int32] {
        SignalWatch.ending + (isTerminal(0) ? [] : [SignalWatch.interrupt])
    }

    static func run(_ options: NodeOptions) async throws {
        let settings = try options.settings()
        if let http = options.admin.http {
            throw IridiumError.badArguments(
                command: "--http \(http)", problem: "is for an agent",
                usage: "iridium agent --http HOST:PORT", example: nil)
        }
        if let config = options.config {
            throw IridiumError.badArguments(
                command: "--config \(config)", problem: "is for an agent",
                usage: "iridium agent --config FILE", example: nil)
        }
        if options.output.json {
            throw IridiumError.badArguments(
                command: "--json", problem: "is not for the prompt",
                usage:
                    "iridium agent --json, iridium FILE --json, or a command: iridium members --json",
                example: nil)
        }
        try OpenFiles.requireRoom()
        let node = Node(settings: settings, logger: Logs.silent)
        let control = try await startControl(settings, node)
        var remote: RemoteShell?
        do {
            remote = try await RemoteShell.start(of: node)
        } catch {
            await control?.stop()
            await node.stop()
            throw error
        }

        // Scripts expect exactly the line of the documents; additions are for people.
        let greeting =
            isTerminal(0)
            ? Banner.text(name: node.name, id: identity(of: settings)) : Banner.welcome
        let remark = remote.map {
            "Remote prompt on \($0.endpoint); neither encrypted nor authenticated.\n"
        }
        try await talk(
            to: node, greeting: greeting + (remark ?? ""),
            historyPath: settings.directory.historyPath, color: options.output.color
        ) {
            await remote?.stop()
            await node.stop(closing: control)
        }
    }

    /// The prompt from its greeting to its end. `ending` does what must happen before the terminal
    /// is given back.
    ///
    /// - Parameters:
    ///   - historyPath: the file that keeps lines for the next session; nil: no file.
    ///   - color: whether states of members are coloured.
    static func talk(
        to node: Node, greeting: String, historyPath: String?, color: ColorChoice = .auto,
        options: ShellOptions = .local, ending: () async -> Void
    ) async throws(IridiumError) {
        let (inputs, feed) = AsyncStream.makeStream(of: Input.self)
        let interruption = Interruption()
        let console = Consoles.make(
            historyPath: historyPath, memberNames: { node.knownNames }, isDemo: options.isDemo
        ) { event in
            switch event {
            case .line(let line): feed.yield(.line(line))
            case .interrupt:
                interruption.raise()
                feed.yield(.interrupt)
            case .endOfInput: feed.yield(.endOfInput)
            }
        }
        SignalWatch.start(signals) { count in
            guard count == 1 else {
                console.close()
                exit(ExitStatus.interrupted.rawValue)
            }
            interruption.raise()
            feed.yield(.terminate)
        }
        await node.listen { news in
            if let text = NewsText.line(for: news, in: color) { console.print(text) }
        }
        console.print(greeting)
        StartPages.giveBackTwice()
        var session = ShellSession(
            machine: Machine(id: node.machineID, alias: node.settings.name?.text), options: options)
        let driver = SessionDriver(node: node, interruption: interruption) { report in
            console.print(NewsText.text(of: report))
        }
        await converse(
            inputs, with: &session, driver: driver, console: console, color: color,
            interruption: interruption)
        await ending()
        console.close()
        if let failure = console.outputFailure { throw StandardOutput.unwritable(failure) }
    }

    private static func converse(
        _ inputs: AsyncStream<Input>, with session: inout ShellSession, driver: SessionDriver,
        console: any Console, color: ColorChoice, interruption: Interruption
    ) async {
        console.prompt(ShellSession.prompt)
        for await input in inputs {
            switch input {
            case .line(let line):
                interruption.clear()
                // Tables of members, but not the output of programs.
                let isTable = ["!cluster_members", "!m", "!demo"].contains {
                    line == $0 || line.hasPrefix($0 + " ")
                }
                let next = await driver.submit(line, to: &session) {
                    console.print(isTable ? color.painted($0) : $0)
                }
                guard next == .nextLine else { return await letProgramsEnd(driver) }
                console.prompt(session.expectation == .path ? "" : ShellSession.prompt)
            case .interrupt:
                guard session.expectation == .path else { continue }
                for case .print(let text) in session.resume(with: .interrupted) {
                    console.print(text)
                }
                console.prompt(ShellSession.prompt)
            case .endOfInput:
                await letProgramsEnd(driver)
                for case .print(let text) in session.endInput() { console.print(text) }
                return
            case .terminate: return
            }
        }
    }

    /// A script ends when the programs that it spawned end. At a terminal people see them running.
    private static func letProgramsEnd(_ driver: SessionDriver) async {
        guard !isTerminal(0) else { return }
        await driver.finishPrograms(within: patienceForPrograms)
    }

    /// A node without a name keeps nothing, so its prompt works even if nothing can be written;
    /// only commands cannot find it then.
    private static func startControl(
        _ settings: NodeSettings, _ node: Node
    ) async throws(IridiumError) -> ControlServer? {
        do throws(IridiumError) {
            return try await node.startControl()
        } catch {
            guard settings.name == nil, error.code == .cannotWrite else {
                await node.stop()
                throw error
            }
            StandardError.write(
                error.text + "iridium: the prompt works anyway, and with --key-file it can join a "
                    + "cluster; commands such as iridium members do not find it\n")
            return nil
        }
    }

    /// The first eight digits of the id of a named node.
    private static func identity(of settings: NodeSettings) -> String? {
        guard let name = settings.name else { return nil }
        return KeyFiles.nodeID(of: name.text, in: settings.directory).map { String($0.prefix(8)) }
    }
}

/// News as lines of a console.
enum NewsText {
    static func line(for news: NodeNews, in color: ColorChoice = .never) -> String? {
        switch news {
        case .change(let change):
            color.painted(change.eventLine.text, state: change.member.state) + "\n"
        case .message(let message): message.eventLine.text + "\n"
        case .warning(let error): error.text
        // The answer appears below the command.
        case .answered: nil
        case .note(let text):
            EventLine(
                time: WallClock.now.timeOfDay, member: "", change: .notice(text), aliveCount: 0
            ).text + "\n"
        }
    }

    static func text(of report: ProgramScheduler.Report) -> String {
        switch report {
        case .printed(_, let text): Layout.printableLines(text)
        case .ended(let ending):
            ProgramText.report(
                output: "", events: ending.events.map { ($0.event, $0.at) },
                applicationID: ending.machineID)
        }
    }
}
