package import IridiumAssembler
package import IridiumVM

/// The REPL as a value: a line goes in, effects come out.
///
/// A session owns one machine, reads lines, and knows every word it says. What it cannot do itself
/// (files, the cluster, background programs) it asks for and waits for the answer; so the same
/// session serves a terminal, a pipe, a remote connection and a test.
///
///     var effects = session.submit("!cluster_members")
///     // [.ask(.listMembers)]: the owner finds out, then
///     effects = session.resume(with: .members(listing))
///     // [.print("Listing Known Nodes:\n…")]
///
/// Nothing typed ends the process: `quit` comes from `!quit` alone. Specs/Shell.md.
package struct ShellSession: Sendable {
    /// What the session is ready for.
    package enum Expectation: Hashable, Sendable {
        /// A line of the REPL: show the prompt.
        case line
        /// A line with a path, asked for without a prompt.
        case path
        /// `resume(with:)`, once the request is done.
        case answer
        /// `resume(with: .goOn)` or `.interrupted`: a program is running.
        case slice
        /// Nothing more: the session is over.
        case nothing
    }

    /// What stands before the line being typed.
    package static let prompt = ">>> "
    /// The longest line taken, in bytes.
    package static let longestLine = 64 << 10
    /// Lines remembered; the oldest goes first.
    package static let longestHistory = 10_000
    /// Bytes of remembered lines; the oldest goes first here too.
    package static let historyBytes = 4 << 20

    /// The machine that code at the prompt runs on.
    package internal(set) var machine: Machine
    /// What `@name` at the prompt refers to.
    package internal(set) var symbols = SymbolTable()
    /// All lines taken, oldest first, without line ends.
    package internal(set) var history: [String] = []
    var historySize = 0

    let options: ShellOptions
    var activity = Activity.idle

    /// A session on a machine.
    package init(machine: Machine, options: ShellOptions = .local) {
        self.machine = machine
        self.options = options
    }
}
