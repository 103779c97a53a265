/// The permissions and limits of a session.
package struct ShellOptions: Sendable {
    /// The kind of user.
    package enum Reach: Hashable, Sendable {
        /// The user of this process: everything.
        case local
        /// A connection: it has its own machine and can look at the cluster. It has no files, no
        /// commands to the cluster and no background programs.
        case remote
    }

    package var reach: Reach
    /// Instructions in one slice of a running program.
    package var sliceInstructions: Int
    /// Instructions that one line may run in total; nil: until interrupted.
    package var lineInstructions: Int?
    /// Labels that the session keeps.
    package var mostSymbols: Int
    /// Bytes of remembered lines; the oldest line is dropped first.
    package var historyBytes: Int
    /// Whether there are nodes of a demo to control.
    package var isDemo: Bool

    package init(
        reach: Reach, sliceInstructions: Int, lineInstructions: Int?,
        mostSymbols: Int = 65_536, historyBytes: Int = 4 << 20, isDemo: Bool = false
    ) {
        self.reach = reach
        self.sliceInstructions = max(1, sliceInstructions)
        self.lineInstructions = lineInstructions
        self.mostSymbols = max(0, mostSymbols)
        self.historyBytes = max(0, historyBytes)
        self.isDemo = isDemo
    }

    /// A session at the user's terminal or pipe.
    package static let local = ShellOptions(
        reach: .local, sliceInstructions: 1_000_000, lineInstructions: nil)
    /// The same, with the nodes of a demo.
    package static let demo = ShellOptions(
        reach: .local, sliceInstructions: 1_000_000, lineInstructions: nil, isDemo: true)
    /// A session over a connection.
    package static let remote = ShellOptions(
        reach: .remote, sliceInstructions: 1_000_000, lineInstructions: 100_000_000,
        mostSymbols: 1_024, historyBytes: 64 << 10)
}

extension ShellSession {
    /// The current activity of the session.
    enum Activity: Sendable {
        case idle
        case awaitingPath(ShellRequest.FilePurpose)
        /// The request was sent.
        case waiting(for: ShellRequest)
        case running(Run)
        case over
    }

    /// A program that is running.
    struct Run: Sendable {
        /// A loaded image has a header and leaves events; code from the prompt has neither.
        var isImage: Bool
        /// Instructions that it may still execute; nil: any number.
        var remaining: Int?
        /// Whether the text printed so far ends in the middle of a line.
        var endsWithinLine = false
    }

    /// The input that the session accepts next.
    package var expectation: Expectation {
        switch activity {
        case .idle: .line
        case .awaitingPath: .path
        case .waiting: .answer
        case .running: .slice
        case .over: .nothing
        }
    }
}
