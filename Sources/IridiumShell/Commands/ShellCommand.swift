internal import MembershipWire

/// The commands of the REPL, one row a command: the parser, `!help`, completion and the table in
/// Specs/Shell.md are all made from these rows.
package enum ShellCommand: String, CaseIterable, Sendable {
    case quit = "!quit"
    case help = "!help"
    case history = "!history"
    case program = "!program"
    case clearProgram = "!clear_program"
    case registers = "!registers"
    case clearRegisters = "!clear_registers"
    case symbols = "!symbols"
    case loadFile = "!load_file"
    case spawn = "!spawn"
    case listPrograms = "!ps"
    case killProgram = "!kill"
    case startCluster = "!start_cluster"
    case joinCluster = "!join_cluster"
    case leaveCluster = "!leave_cluster"
    case clusterMembers = "!cluster_members"
    case clusterEvents = "!cluster_events"
    case clusterState = "!cluster_state"
    case clusterSend = "!cluster_send"
    case clusterCheck = "!cluster_check"
    case status = "!status"
    case forget = "!forget"
    case demo = "!demo"
}

/// The facts about a command.
package struct CommandRow: Sendable {
    /// The meaning of the words after a command; completion uses it.
    package enum Argument: Sendable {
        case none
        case command
        case path
        case program
        case address
        case addressOrMember
        case member
        case registers
        case text
        case demoOrder

        /// The most words that may follow; nil: any number, or the command counts them itself.
        var mostWords: Int? {
            switch self {
            case .none: 0
            case .command, .program, .member, .registers: 1
            case .address, .addressOrMember: 2
            case .path, .text, .demoOrder: nil
            }
        }
    }

    package let command: ShellCommand
    /// Another way to write it.
    package let shortName: String?
    package let argument: Argument
    /// How the arguments are written: "HOST PORT", "[PATH]".
    package let argumentUsage: String
    /// One line of help.
    package let summary: String
    /// More text, for `!help COMMAND`.
    package let details: String
    /// Whether a remote session may use it.
    package let isRemote: Bool
    /// Whether it exists only in a demo.
    package let isDemo: Bool

    /// The name with the arguments, as a user types it.
    package var usage: String {
        argumentUsage.isEmpty ? command.rawValue : "\(command.rawValue) \(argumentUsage)"
    }

    init(
        _ command: ShellCommand, short shortName: String? = nil, _ argument: Argument = .none,
        _ argumentUsage: String = "", remote isRemote: Bool, demo isDemo: Bool = false,
        _ summary: String, _ details: String
    ) {
        self.command = command
        self.shortName = shortName
        self.argument = argument
        self.argumentUsage = argumentUsage
        self.summary = summary
        self.details = details
        self.isRemote = isRemote
        self.isDemo = isDemo
    }
}

extension ShellCommand {
    /// All commands, in the order of `!help`.
    package static let table: [CommandRow] = [
        CommandRow(
            .help, .command, "[COMMAND]", remote: true, "list the commands, or explain one",
            "The name may be given with or without its exclamation mark."),
        CommandRow(
            .startCluster, remote: false, "let other nodes join this one",
            "Listens on the node's address (port 2254 by default). The first start makes "
                + "a cluster key, which other nodes of the same user find by themselves."),
        CommandRow(
            .joinCluster, .address, "HOST PORT", remote: false, "join a cluster through any member",
            "Starts the cluster server first if it is off; if the join fails, stops it again. Ctrl-C "
                + "ends the wait for the join, but not the join. HOST:PORT in one word works too; an "
                + "IPv6 address then needs brackets: [::1]:2254."),
        CommandRow(
            .leaveCluster, remote: false, "say goodbye and stop the cluster server",
            "The other members see the node as left, not as dead, and do not look for it."),
        CommandRow(
            .clusterMembers, short: "!m", remote: true, "list the members as this node sees them",
            "States: alive, suspect (does not answer), dead, left (said goodbye). RTT is the round "
                + "trip from here, INC the incarnation, FOR the time in the state."),
        CommandRow(
            .clusterEvents, remote: true, "the latest changes, oldest first",
            "The same lines that appear above the prompt when something changes."),
        CommandRow(
            .clusterState, .member, "[NAME]", remote: true, "what members publish about themselves",
            "The values that each living member has set, with iridium state set or through the "
                + "library. With a name, only the values of that member."),
        CommandRow(
            .clusterSend, .text, "TEXT", remote: false, "send a message to all other members",
            "The rest of the line, at most \(Bounds.userPayloadBytes) bytes. Each member that "
                + "receives it shows it once above its prompt. No member confirms it."),
        CommandRow(
            .clusterCheck, .addressOrMember, "HOST PORT", remote: false,
            "check the connection to a node: name, TCP, UDP",
            "The name of a member works in place of host and port. A member answers only nodes that "
                + "hold its key, so UDP is known to work only if heartbeats are answered."),
        CommandRow(
            .status, remote: false, "what this node is, and how it is",
            "The same as iridium status: name, address, key, agreement, health, traffic."),
        CommandRow(
            .forget, .member, "NAME", remote: false, "remove a dead or left member from the list",
            "From the list of this node; the others keep it until its time is over. NAME may be the id. "
                + "iridium forget --everywhere, in a shell, asks the others too."),
        CommandRow(
            .demo, .demoOrder, "WHAT [NAME …]", remote: false, demo: true,
            "break the nodes of iridium demo, and their network",
            DemoOrder.Verb.allCases.map(\.usage).joined(separator: "\n  ")
                + "\n  A killed node closes its sockets without a goodbye; a paused one keeps them and "
                + "does nothing; a restarted one is the same member in its next life. partition "
                + "separates the named members from all others; loss drops a share of all "
                + "datagrams; heal ends both."),
        CommandRow(
            .registers, .registers, "[$FIRST[-$LAST]]", remote: true, "the 32 integer registers",
            "One on each line, $0 first. With the first and the last, such as $0-$7, only these, with their "
                + "names and four on each line."),
        CommandRow(
            .clearRegisters, remote: true, "set the integer registers to 0",
            "The float registers stay as they are."),
        CommandRow(
            .program, remote: true, "the program's bytes",
            "The words typed since the start or the last load, after the loaded image if there is "
                + "one. Four bytes make an instruction."),
        CommandRow(
            .clearProgram, remote: true, "forget the program",
            "Its symbols and the stack go with it; registers and heap stay."),
        CommandRow(
            .symbols, remote: true, "the labels that @name can refer to",
            "Those of the loaded file and those typed at the prompt."),
        CommandRow(
            .loadFile, .path, "[PATH]", remote: false, "assemble a file and run it here",
            "A source or an image. It replaces the program; registers and heap stay. Without PATH, "
                + "the next line is the path. Ctrl-C stops the run."),
        CommandRow(
            .spawn, .path, "[PATH]", remote: false, "run a file in the background",
            "It runs on a separate machine. Its output, and how it ended, appear above the prompt; "
                + "see !ps and !kill."),
        CommandRow(
            .listPrograms, remote: false, "the background programs", "Numbers start at 0."),
        CommandRow(
            .killProgram, .program, "N", remote: false, "stop background program N",
            "The number is the one shown by !ps."),
        CommandRow(
            .history, remote: true, "all lines typed in this session", "This one included."),
        CommandRow(
            .quit, remote: true, "end the session",
            "The end of input (Ctrl-D on an empty line) does the same. A member says goodbye first. "
                + "In a remote session only the connection is closed."),
    ]

    /// The command's row.
    package var row: CommandRow {
        // The table has every command: a test proves it.
        Self.table.first { $0.command == self }
            ?? CommandRow(self, remote: false, "undocumented", "undocumented")
    }

    /// The command with this written name or short name. Upper and lower case differ.
    package init?(written word: some StringProtocol) {
        if let command = ShellCommand(rawValue: String(word)) {
            self = command
        } else if let row = Self.table.first(where: { $0.shortName == String(word) }) {
            self = row.command
        } else {
            return nil
        }
    }

    /// All names that can be written, short ones included, in the order of the table.
    package static func names(remote: Bool, demo: Bool = false) -> [String] {
        rows(remote: remote, demo: demo).flatMap { row in
            [row.command.rawValue] + (row.shortName.map { [$0] } ?? [])
        }
    }

    /// The commands that a session of this kind has.
    static func rows(remote: Bool, demo: Bool) -> [CommandRow] {
        table.filter { (!remote || $0.isRemote) && (demo || !$0.isDemo) }
    }
}
