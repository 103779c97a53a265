package import IridiumJSON
package import MembershipWire

/// An effect that a session wants. Its owner performs the effects in order.
///
///     for effect in session.submit(line) { perform(effect) }
///
/// At most one effect of a batch is an `ask` or a `run`, and it is the last. The session then waits
/// for `resume(with:)` and takes no line until then (`ShellSession.expectation`).
package enum ShellEffect: Sendable {
    /// Show the text exactly as it is; it contains its line ends.
    case print(String)
    /// Carry out the request, then pass the answer to `resume(with:)`.
    case ask(ShellRequest)
    /// A program is running in the session's machine. Each `resume(with: .goOn)` runs it for one
    /// slice (about 10 ms at most) and returns `run` again until it is done;
    /// `resume(with: .interrupted)` stops it. Between slices the owner looks for Ctrl-C.
    case run
    /// The session is over: end the process, or close the connection.
    case quit
}

/// A request for something that a session cannot do: it sees no cluster, no file and no scheduler.
package enum ShellRequest: Sendable {
    /// Read a whole file, of at most `maximumBytes`. Answer: `file` or `fileFailed`.
    case readFile(path: String, maximumBytes: Int, for: FilePurpose)
    /// Start the cluster server. Answer: `clusterStarted`.
    case startCluster
    /// Join through a member; the port is never nil. If the cluster server is off, the owner starts
    /// it first and says so in the answer. Answer: `clusterJoined`.
    case joinCluster(HostAndPort)
    /// Say goodbye and stop the cluster server. Answer: `clusterLeft` or `clusterOff`.
    case leaveCluster
    /// Answer: `members` or `clusterOff`.
    case listMembers
    /// The values that living members publish, or the one of this name. Answer: `states`.
    case listStates(of: String?)
    /// Answer: `events` or `clusterOff`.
    case listEvents
    /// Send a message to all other members; the text is of any length. Answer: `messageSent` or
    /// `clusterOff`.
    case send(String)
    /// Try the ways to a node, one after the other. Answer: `reachability`.
    case check(CheckTarget)
    /// Show the status of this node, as `iridium status` does. Answer: `status`.
    case status
    /// Remove a dead or left member, by its name or id, from the list of this node. Answer: `forgotten`.
    case forget(String)
    /// Break the nodes of a demo, or repair them. Answer: `demo`.
    case demo(DemoOrder)
    /// Run an image on a separate machine, in the background. Answer: `programSpawned`.
    case spawn(image: [UInt8], path: String)
    /// Answer: `programs`.
    case listPrograms
    /// Stop a background program. Answer: `programKilled` or `noSuchProgram`.
    case killProgram(Int)

    /// The purpose of reading a file.
    package enum FilePurpose: Sendable {
        case load
        case spawn
    }
}

/// The target of a check.
package enum CheckTarget: Hashable, Sendable {
    /// A host and a port; the port is never nil.
    case address(HostAndPort)
    /// A member, by its name.
    case member(String)
}

/// The owner's answer. Every request may also be answered by `failed` or `interrupted`.
///
/// An answer that does not match the pending request is ignored: it came too late.
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
    /// The values that members publish.
    case states(StateListing)
    /// The latest events, oldest first.
    case events([EventLine])
    /// The message is being sent to this many members.
    case messageSent(members: Int)
    /// The result of each step on the way to a node.
    case reachability(ReachabilityReport)
    /// `iridium.status/1`.
    case status(JSON)
    /// `iridium.forget/1`.
    case forgotten(JSON)
    /// The result of an order to the demo.
    case demo(DemoOutcome)
    /// The program runs in the background under this number.
    case programSpawned(Int)
    /// Background programs, by number.
    case programs([ProgramRow])
    /// The program is being stopped.
    case programKilled(Int)
    /// There is no program with that number, or it has ended.
    case noSuchProgram(Int)
    /// There is no cluster: it was not started, or this node has left it.
    case clusterOff
    /// The request failed.
    case failed(IridiumError)
    /// For `run`: one more slice.
    case goOn
    /// Ctrl-C: stop the program, or stop waiting. The owner cancels its work.
    case interrupted
}

/// The reason why a file could not be read.
package struct FileFailure: Error, Hashable, Sendable {
    /// The step that failed; the documents have a text for each.
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
    /// The state of the program.
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
    /// Time since it was spawned, or how long it ran.
    package var age: Duration

    package init(number: Int, path: String, status: Status, instructions: Int, age: Duration) {
        self.number = number
        self.path = path
        self.status = status
        self.instructions = instructions
        self.age = age
    }
}
