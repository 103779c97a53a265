import ArgumentParser
import IridiumNode

/// `iridium`: without a sub-command the REPL, or a program to run.
///
/// Each sub-command is a file in `Commands/`; what they share of their options is in `Options/`.
/// Specs/Shell.md, section 1.
struct Iridium: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iridium",
        abstract: "A register machine with a prompt, and a cluster that its nodes form.",
        discussion: """
            Without FILE: the prompt. With FILE: assemble it (or load the image), run it, print the \
            registers, exit with its stop code.
            """,
        version: IridiumVersion.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Nodes",
                subcommands: [
                    Agent.self, Agents.self, Members.self, Status.self, Join.self, Leave.self,
                    Forget.self, Monitor.self, Wait.self, Netcheck.self,
                ]),
            CommandGroup(name: "Programs", subcommands: [Assemble.self, Run.self]),
            CommandGroup(name: "Keys", subcommands: [Keygen.self, Keys.self]),
            CommandGroup(name: "Help", subcommands: [Explain.self]),
        ])

    @Argument(help: ArgumentHelp("A program: source or image.", valueName: "file"))
    var file: String?

    @OptionGroup var node: NodeOptions

    @Flag(help: .hidden)
    var daemonMode = false

    mutating func run() async throws {
        if let file {
            try Execution(path: file, steps: nil, showsState: false, isJSON: node.output.json).run()
        } else if daemonMode {
            try await AgentProcess.run(node)
        } else {
            try await LocalSession.run(node)
        }
    }
}
