import ArgumentParser
import IridiumJSON
import IridiumNode

/// `iridium`: the root of the subcommands. Without a subcommand it is `iridium repl`.
///
/// Each subcommand is a file in `Commands/` or `Session/`; shared options are in `Options/`.
/// Specs/Shell.md, section 1.
struct Iridium: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iridium",
        abstract:
            "Cluster membership by gossip: each node knows which others are alive. It also runs small programs.",
        usage: """
            iridium [options]            the prompt; iridium help repl lists the options
            iridium [options] FILE       assemble FILE (or load the image), run it, print the
                                         registers, exit with its stop code
            iridium COMMAND [options]
            """,
        version: "iridium \(IridiumVersion.text)",
        subcommands: [REPL.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Nodes",
                subcommands: [
                    Agent.self, Config.self, Agents.self, Members.self, Status.self, Join.self,
                    Leave.self, Forget.self, Metadata.self, TagCommand.self, StateCommand.self,
                    Send.self, Monitor.self, Wait.self, Top.self,
                    Netcheck.self, RoundTrips.self, ReachabilityCommand.self,
                    Identity.self,
                ]),
            CommandGroup(
                name: "Programs", subcommands: [Assemble.self, Disassemble.self, Run.self]),
            CommandGroup(name: "Keys", subcommands: [Keygen.self, Keys.self]),
            CommandGroup(name: "About", subcommands: [Explain.self, Version.self]),
            CommandGroup(name: "Laboratory", subcommands: [Demo.self, Simulate.self]),
        ],
        defaultSubcommand: REPL.self)
}

/// `iridium repl`, which is also `iridium` and `iridium FILE`.
struct REPL: AsyncParsableCommand, WatchesSignals, StaysAtRest {
    static let configuration = CommandConfiguration(
        commandName: "repl", abstract: "The prompt, or the run of a program FILE (the default).")

    @Argument(help: "A program: source or image.") var file: String?
    @OptionGroup var node: NodeOptions
    @Flag(help: ArgumentHelp("As iridium agent.", visibility: .hidden)) var daemonMode = false

    /// A program that runs from a file ends like any other process.
    var signals: [Int32] {
        if file != nil { return [] }
        return daemonMode ? AgentProcess.signals : LocalSession.signals
    }

    var staysAtRest: Bool { daemonMode && file == nil }

    func run() async throws {
        if let file {
            try Execution(
                path: file, steps: nil, isJSON: node.output.json
            ).run()
        } else if daemonMode {
            try await AgentProcess.run(node)
        } else {
            try await LocalSession.run(node)
        }
    }
}
