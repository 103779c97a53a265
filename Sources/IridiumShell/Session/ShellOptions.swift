/// What a session may do, and how much.
package struct ShellOptions: Sendable {
    /// Who sits at the other end.
    package enum Reach: Hashable, Sendable {
        /// The user of this process: everything.
        case local
        /// A connection: its own machine, and a look at the cluster. No file, no command to the
        /// cluster, no background program.
        case remote
    }

    package var reach: Reach
    /// Instructions of one slice of a running program.
    package var sliceInstructions: Int
    /// Instructions one line may run altogether; nil: until interrupted.
    package var lineInstructions: Int?
    /// Whether there are nodes of a demo to command.
    package var isDemo: Bool

    package init(
        reach: Reach, sliceInstructions: Int, lineInstructions: Int?, isDemo: Bool = false
    ) {
        self.reach = reach
        self.sliceInstructions = max(1, sliceInstructions)
        self.lineInstructions = lineInstructions
        self.isDemo = isDemo
    }

    /// The user's own terminal or pipe.
    package static let local = ShellOptions(
        reach: .local, sliceInstructions: 1_000_000, lineInstructions: nil)
    /// The same, with the nodes of a demo around it.
    package static let demo = ShellOptions(
        reach: .local, sliceInstructions: 1_000_000, lineInstructions: nil, isDemo: true)
    /// A connection from elsewhere.
    package static let remote = ShellOptions(
        reach: .remote, sliceInstructions: 1_000_000, lineInstructions: 100_000_000)
}

extension ShellSession {
    /// What the session is in the middle of.
    enum Activity: Sendable {
        case idle
        case awaitingPath(ShellRequest.FilePurpose)
        /// The request is out.
        case waiting(for: ShellRequest)
        case running(Run)
        case over
    }

    /// A program that is running.
    struct Run: Sendable {
        /// A loaded image has a header and leaves events; what was typed has neither.
        var isImage: Bool
        /// Instructions it may still execute; nil: any number.
        var remaining: Int?
        /// Whether the text printed so far ends within a line.
        var endsWithinLine = false
    }

    /// What the session is ready for.
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
