package import MembershipWire

/// The catalogue: faults of commands and of the processes that run them.
extension IridiumError {
    /// IR-12.
    package static func badAlias(_ text: String, _ problem: NodeAliasError) -> IridiumError {
        IridiumError(
            12, exit: .usage,
            what: "\(Layout.quoted(text)) cannot be a node name",
            why: Advice.aliasRule(problem),
            try: "--node-alias \(Advice.legalAlias(for: text))",
            meaning:
                "Names appear in tables, logs and file names; so they are plain ASCII and cannot look "
                + "like one another.")
    }

    /// IR-31. `option` as it is written: "--timeout"; `help` lists it.
    package static func badValue(
        option: String, value: String, expected: String, help: String = "iridium --help"
    ) -> IridiumError {
        IridiumError(
            .badValue, exit: .usage,
            what: "\(option) cannot be \(Layout.quoted(value))",
            why: "it takes \(expected)", try: help,
            meaning: "The option exists, but it does not take such a value.")
    }

    /// IR-40. `problem`: "needs a host and a port".
    package static func badArguments(
        command: String, problem: String, usage: String, example: String?
    ) -> IridiumError {
        IridiumError(
            .badArguments, exit: .usage,
            what: "\(command) \(problem)",
            try: usage + (example.map { "      for example: \($0)" } ?? ""),
            meaning: "The command exists, but its arguments are missing or wrong.")
    }

    /// IR-63. A file of settings. `problem`: "there is no setting "bnd"; did you mean bind?".
    package static func badConfiguration(
        path: String, line: Int, problem: String, why: String?, advice: String
    ) -> IridiumError {
        IridiumError(
            63, exit: .configuration,
            what: "\(Layout.printable(path)):\(line): \(problem)",
            why: why ?? "a line that is not understood is refused, never skipped", try: advice,
            meaning:
                "A file of settings is TOML: one setting on each line, with the name of its option "
                + "without the dashes, and a table [tags]. With a mistake in the file a node does not "
                + "start. At a reload the settings in force stay.")
    }

    /// The same message for a value that a file has: `place` is the file and the line.
    package func at(_ place: String) -> IridiumError {
        IridiumError(
            code, severity: severity, what: "\(place): \(what)", why: why, try: advice,
            meaning: meaning)
    }

    /// IR-41. With the `!` for a command of the REPL.
    package static func unknownCommand(
        _ word: String, suggestion: String?, help: String = "iridium --help"
    ) -> IridiumError {
        IridiumError(
            41, exit: .usage,
            what: "there is no \(Layout.printable(word))"
                + (suggestion.map { "; did you mean \($0)?" } ?? ""),
            try: word.hasPrefix("!") ? "!help" : help,
            meaning: "Upper and lower case differ in commands.")
    }

    /// IR-42. The directory that was searched for agents, and the requested name.
    package static func noAgent(directory: String, name: String?) -> IridiumError {
        IridiumError(
            .noAgent, exit: .unavailable,
            what: name.map { "no agent named \(Layout.quoted($0)) is running" }
                ?? "no agent is running",
            why: "its control socket would be in \(directory)",
            try: "start one: iridium agent; iridium agents lists the nodes of this machine",
            meaning:
                "Commands talk to a running node through its control socket. They look for it in the "
                + "directory shown; --data-root-dir chooses another.")
    }

    /// IR-43.
    package static func severalAgents(_ names: [String]) -> IridiumError {
        IridiumError(
            43, exit: .usage,
            what: "\(names.count) agents are running here: \(Layout.list(names))",
            why: "the command needs to know which one it is for",
            try: "--agent \(names.first ?? "NAME")",
            meaning: "If only one agent is running, no option is needed.")
    }

    /// IR-46. A remote session may not use the command.
    package static func notAllowed(command: String) -> IridiumError {
        IridiumError(
            46, exit: .permission,
            what: "\(command) is not for remote sessions",
            why: "a remote session may look at the cluster, and touch only its own machine",
            try: "the same command at the node's own prompt",
            meaning:
                "A remote session has a separate machine and may look at the cluster. It may not touch "
                + "files, other programs or the membership of the node.")
    }

    /// IR-49.
    package static func noSuchProgram(_ number: Int) -> IridiumError {
        IridiumError(
            49, exit: .nothingMatched,
            what: "there is no running program \(number)",
            why: "it has ended, or was never spawned", try: "!ps",
            meaning: "Programs are numbered from 0 in the order they were spawned.")
    }

    /// IR-50.
    package static func tooManyPrograms(limit: Int) -> IridiumError {
        IridiumError(
            50, exit: .systemLimit,
            what: "cannot spawn another program: \(limit) were spawned or are waiting",
            why: "that is the limit of this process", try: "!ps, then !kill N",
            meaning: "The number of background programs is bounded.")
    }

    /// IR-53. An answer of an agent that has no message of its own number.
    package static func agentFailed(_ text: String) -> IridiumError {
        IridiumError(
            53, exit: .other,
            what: Layout.printable(text),
            why: "the connection to the agent broke, or its answer cannot be used",
            try: "iridium status", meaning: answerMeaning)
    }

    static let answerMeaning =
        "The first line is the agent's answer, or says how the connection ended."

    /// IR-55. `!demo` outside a demo.
    package static var noDemo: IridiumError {
        IridiumError(
            55, exit: .usage,
            what: "!demo works only at the prompt of iridium demo",
            why: "it breaks nodes on purpose, and the nodes of a demo exist for that",
            try: "in a shell: iridium demo",
            meaning:
                "iridium demo runs a small cluster in one process. Its prompt can kill, pause and cut "
                + "off the nodes of that cluster.")
    }

    /// IR-57. The process of the agent, if the system says which it is.
    package static func agentSilent(
        name: String, process: Int32?, isStopped: Bool, after span: Duration
    ) -> IridiumError {
        IridiumError(
            57, exit: .timedOut,
            what: "the agent \(Layout.printable(name))"
                + (process.map { " (process \($0))" } ?? "")
                + " gave no answer within \(DurationText.spoken(span))",
            why: isStopped
                ? "its process is stopped, by SIGSTOP or by a debugger"
                : "it is very busy, or its process is stopped",
            try: (isStopped ? process.map { "kill -CONT \($0)" } : nil)
                ?? "the same command later; iridium agents",
            meaning:
                "The agent received the command and did not answer in time. If it has not begun the "
                + "command by then, it never carries it out: it sees that the client has gone.")
    }

    /// IR-58. An agent of another user; the user's number if it has no name.
    package static func foreignAgent(
        socket: String, user: UInt32, userName: String?
    ) -> IridiumError {
        let name = userName ?? "uid \(user)"
        return IridiumError(
            58, exit: .permission,
            what: "the agent at \(Layout.printable(socket)) runs as \(Layout.printable(name))",
            why: "a command talks only to agents of its own user or of root; nothing was sent",
            try: "the same command as that user: sudo -u "
                + (userName.map(Layout.shellWord) ?? "'#\(user)'") + " iridium …",
            meaning:
                "The words of a command and its answer must not pass through a process of another "
                + "user: the socket may not be the agent's. Root can run the command as that user."
        )
    }

    /// IR-59. The directory where agents may be, and its owner.
    package static func hiddenDirectory(_ path: String, owner: String?) -> IridiumError {
        IridiumError(
            59, exit: .permission,
            what: "cannot see which agents run: you may not look into \(Layout.printable(path))",
            why: "it is open to its owner only" + (owner.map { ", \($0)" } ?? ""),
            try: owner.map {
                "the same command as that user: sudo "
                    + ($0 == "root" ? "" : "-u \(Layout.shellWord($0)) ") + "iridium …"
            } ?? "the same command as the user of the agent",
            meaning:
                "The control sockets of agents are in a directory that only their user may enter. From "
                + "outside it is not visible whether an agent runs.")
    }

    /// IR-60. An agent that was running a moment ago.
    package static func agentGone(_ name: String) -> IridiumError {
        IridiumError(
            .agentGone, exit: .unavailable,
            what: "the agent \(Layout.printable(name)) is gone: it closed the connection",
            why: "its process ended, or it has left its cluster",
            try: "iridium agents; iridium monitor --follow waits for it to come back",
            meaning: "Changes that happen while the agent is away are not shown.")
    }

    /// IR-61.
    package static var congested: IridiumError {
        IridiumError(
            61, exit: .timedOut,
            what: "the message was not sent: messages come faster than they can be sent",
            why: "256 messages to all are waiting, or more than 100 a second went to one member",
            try: "the same command again after a second",
            meaning:
                "A message to all reaches every member several times, so all members together can send "
                + "about 20 messages of 1,024 bytes a second, or 300 short ones. A node refuses a "
                + "message that it cannot send soon, so that no message is lost silently.")
    }

    /// IR-62. `reason` names the member and what it did.
    package static func undelivered(_ reason: String) -> IridiumError {
        IridiumError(
            62, exit: .unavailable,
            what: "the message was not delivered",
            why: reason,
            try: "iridium status on that host; without --reliable nothing is confirmed",
            meaning:
                "A reliable message goes over a stream (TCP). It counts as delivered when the other node "
                + "has queued it for its reader. If the stream broke late, it may have been delivered."
        )
    }

    static let commandsSamples: [IridiumError] = [
        .badAlias("bad name!", .illegalCharacter(position: 4, character: " ")),
        .badValue(
            option: "--timeout", value: "soon", expected: "a span like 30s or 500ms",
            help: "iridium help wait"),
        .badArguments(
            command: "!join_cluster", problem: "needs a host and a port",
            usage: "!join_cluster HOST PORT", example: "!join_cluster localhost 2254"),
        .unknownCommand("!cluster_membrs", suggestion: "!cluster_members"),
        .badConfiguration(
            path: "/etc/iridium/agent.toml", line: 3,
            problem: "there is no setting \"bnd\"; did you mean bind?", why: nil,
            advice: "iridium config lists the settings; iridium help agent explains them"),
        .noAgent(directory: "/run/iridium", name: nil),
        .severalAgents(["n1", "n2"]),
        .notAllowed(command: "!start_cluster"),
        .noSuchProgram(7),
        .tooManyPrograms(limit: 50_000),
        .agentFailed("the agent closed the connection"),
        .noDemo,
        .foreignAgent(
            socket: "/home/ann/.local/state/iridium/run/n1.sock", user: 1_001, userName: "ann"),
        .agentSilent(name: "n1", process: 8_402, isStopped: true, after: .seconds(5)),
        .hiddenDirectory("/var/lib/iridium/run", owner: "root"),
        .agentGone("n1"),
        .congested,
        .undelivered("no program at the member reads messages of type 7"),
    ]
}
