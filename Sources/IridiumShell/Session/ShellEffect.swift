package import MembershipWire

/// What a session wants done. Its owner performs the effects in order.
///
///     for effect in session.submit(line) { perform(effect) }
///
/// At most one effect of a batch is an `ask` or a `run`, and it is the last: the session then waits
/// for `resume(with:)` and takes no line meanwhile (`ShellSession.expectation`).
package enum ShellEffect: Sendable {
    /// Show the text, exactly as it is; it brings its own line ends.
    case print(String)
    /// Find something out or do something, then `resume(with:)` the answer.
    case ask(ShellRequest)
    /// A program is running in the session's machine. Each `resume(with: .goOn)` runs it for one
    /// slice (some 10 ms at most) and returns `run` again while it is not done;
    /// `resume(with: .interrupted)` stops it. Between slices the owner looks for Ctrl-C.
    case run
    /// The session is over: end the process, or close the connection.
    case quit
}

/// What a session cannot do itself: it sees no cluster, no file and no scheduler.
package enum ShellRequest: Sendable {
    /// Read a whole file, of at most `maximumBytes`. Answer: `file` or `fileFailed`.
    case readFile(path: String, maximumBytes: Int, for: FilePurpose)
    /// Start the cluster server. Answer: `clusterStarted`.
    case startCluster
    /// Join by way of a member; the port is never nil. The owner starts the cluster server first
    /// where it is off, and says so in the answer. Answer: `clusterJoined`.
    case joinCluster(HostAndPort)
    /// Say goodbye and stop the cluster server. Answer: `clusterLeft` or `clusterOff`.
    case leaveCluster
    /// Answer: `members` or `clusterOff`.
    case listMembers
    /// Answer: `events` or `clusterOff`.
    case listEvents
    /// Send a message to all other members; the text is of any length. Answer: `messageSent` or
    /// `clusterOff`.
    case send(String)
    /// Try the ways to a node one after the other. Answer: `reachability`.
    case check(CheckTarget)
    /// Break the nodes of a demo, or mend them. Answer: `demo`.
    case demo(DemoOrder)
    /// Run an image on a machine of its own, in the background. Answer: `programSpawned`.
    case spawn(image: [UInt8], path: String)
    /// Answer: `programs`.
    case listPrograms
    /// Stop a background program. Answer: `programKilled` or `noSuchProgram`.
    case killProgram(Int)

    /// What a file is read for.
    package enum FilePurpose: Sendable {
        case load
        case spawn
    }
}

/// Whom to check.
package enum CheckTarget: Hashable, Sendable {
    /// A host and a port; the port is never nil.
    case address(HostAndPort)
    /// A member, by its name.
    case member(String)
}

/// What the owner found out. Every request may also be answered by `failed` or `interrupted`.
///
/// An answer that does not belong to what the session waits for is ignored: it came too late.
package enum ShellAnswer: Sendable {
    /// The bytes of the file.
    case file([UInt8])
    /// The file could not be read.
    case fileFailed(FileFailure)
    /// The cluster server runs.
    case clusterStarted(ClusterStarted)
    /// This node is a member.
    case clusterJoined(ClusterJoined)
    /// Goodbye was said to `told` living members.
    case clusterLeft(told: Int)
    /// The members as this node sees them.
    case members(MemberListing)
    /// The latest events, oldest first.
    case events([EventLine])
    /// The message is on its way to so many.
    case messageSent(members: Int)
    /// What was found on the way to a node.
    case reachability(ReachabilityReport)
    /// What came of an order to the demo.
    case demo(DemoOutcome)
    /// The program runs in the background under this number.
    case programSpawned(Int)
    /// Background programs, by number.
    case programs([ProgramRow])
    /// The program was told to stop.
    case programKilled(Int)
    /// There is no program of that number, or it has ended.
    case noSuchProgram(Int)
    /// There is no cluster: it was not started, or it was left.
    case clusterOff
    /// It could not be done.
    case failed(IridiumError)
    /// For `run`: one more slice.
    case goOn
    /// Ctrl-C: stop the program, or give up waiting. The owner cancels what it was doing.
    case interrupted
}

/// Why a file could not be read.
package struct FileFailure: Error, Hashable, Sendable {
    /// At which of the two steps; the documents have a text for each.
    package enum Step: Sendable {
        case opening
        case reading
    }

    package var step: Step
    /// The system's text: "No such file or directory".
    package var reason: String

    package init(step: Step, reason: String) {
        self.step = step
        self.reason = reason
    }
}

/// A background program, as `!ps` shows it.
package struct ProgramRow: Hashable, Sendable {
    /// What became of it.
    package enum Status: Hashable, Sendable {
        case waiting
        case running
        case stopped(code: UInt32)
        case crashed(code: UInt32)
        case killed
    }

    package var number: Int
    package var path: String
    package var status: Status
    package var instructions: Int
    /// Since it was spawned, or how long it ran.
    package var age: Duration

    package init(number: Int, path: String, status: Status, instructions: Int, age: Duration) {
        self.number = number
        self.path = path
        self.status = status
        self.instructions = instructions
        self.age = age
    }
}
