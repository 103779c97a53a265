package import IridiumAssembler
package import IridiumVM

/// The REPL as a value: a line goes in, effects come out.
///
/// A session owns one machine, reads lines, and makes all of its texts. For anything else (files,
/// the cluster, background programs) it sends a request and waits for the answer. So the same
/// session serves a terminal, a pipe, a remote connection and a test.
///
///     var effects = session.submit("!cluster_members")
///     // [.ask(.listMembers)]: the owner gets the list, then
///     effects = session.resume(with: .members(listing))
///     // [.print("Listing Known Nodes:\n…")]
///
/// No input line ends the process: `quit` comes from `!quit` alone. Specs/Shell.md.
package struct ShellSession: Sendable {
    /// The input that the session accepts next.
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

    /// The text before the line being typed.
    package static let prompt = ">>> "
    /// The longest line accepted, in bytes.
    package static let longestLine = 64 << 10
    /// Number of lines remembered; the oldest is dropped first.
    package static let longestHistory = 10_000

    /// The machine that runs code from the prompt.
    package internal(set) var machine: Machine
    /// The symbols that `@name` at the prompt refers to.
    package internal(set) var symbols = SymbolTable()
    /// All lines taken, oldest first, without line ends.
    package internal(set) var history: [String] = []
    var historySize = 0

    let options: ShellOptions
    var activity = Activity.idle

    /// Starts a session on a machine.
    package init(machine: Machine, options: ShellOptions = .local) {
        self.machine = machine
        self.options = options
    }
}
