import IridiumJSON
import IridiumNode
import IridiumShell
import Membership
import Synchronization

/// Runs commands at changes of members, one after the other, in the order of the changes.
///
/// The node never waits for them: they run on a separate thread, and changes queue up to `mostWaiting`;
/// changes beyond that are counted and named. A command gets the change as one line of JSON on standard input,
/// and as variables `IRIDIUM_EVENT…`. One that runs longer than `patience` is killed with all its children.
final class EventHandlers: Sendable {
    static let mostWaiting = 256
    static let patience = Duration.seconds(30)

    private struct Job {
        let handler: EventHandler
        let environment: [(String, String)]
        let input: [UInt8]
    }

    private struct State {
        var waiting: [Job] = []
        var lost = 0
        var isRunning = false
    }

    private let handlers: [EventHandler]
    private let observer: String
    private let note: @Sendable (String) -> Void
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameter note: gets a sentence for every command that fails, and for lost changes.
    init(
        _ handlers: [EventHandler], observer: String, patience: Duration = patience,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.handlers = handlers
        self.observer = observer
        self.note = note
        self.patience = patience
    }

    /// Queues the commands for a change. A state at the start is not a change.
    func take(_ change: ChangeOfMember) {
        guard !change.isSnapshot, !(change.member.isSelf && change.kind == .joined),
            let json = change.json(observer: observer)
        else { return }
        let line = Array((json.line + "\n").utf8)
        let environment = Self.environment(change, observer)
        let jobs = handlers.filter { $0.kinds.contains(change.kind) }.map {
            Job(handler: $0, environment: environment, input: line)
        }
        guard !jobs.isEmpty else { return }
        let isFirst = state.withLock { state in
            let room = max(0, Self.mostWaiting - state.waiting.count)
            state.waiting += jobs.prefix(room)
            state.lost += max(0, jobs.count - room)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isFirst, !ConsoleThread.start({ [self] in drain() }) else { return }
        state.withLock { $0.isRunning = false }
        note("no command of --on can run: the system allows no more threads")
    }

    private static func environment(
        _ change: ChangeOfMember, _ observer: String
    ) -> [(String, String)] {
        let member = change.member
        return [
            ("IRIDIUM_EVENT", change.kind.rawValue),
            ("IRIDIUM_EVENT_MEMBER", member.name.text),
            ("IRIDIUM_EVENT_ID", member.id.description),
            ("IRIDIUM_EVENT_STATE", member.state.rawValue),
            ("IRIDIUM_EVENT_ADDRESS", "\(member.endpoint)"),
            ("IRIDIUM_EVENT_NODE", observer),
            ("IRIDIUM_EVENT_WHY", member.reason?.text ?? ""),
        ]
    }

    private func drain() {
        while let (job, lost) = next() {
            if lost > 0 {
                note(
                    "\(Layout.count(lost, "command was", "commands were")) not run: "
                        + "\(Self.mostWaiting) changes waited for those before")
            }
            let (end, output) = ChildCommand.run(
                job.handler.words, environment: job.environment, input: job.input,
                within: patience)
            guard let problem = end.problem(patience) else { continue }
            let said = Layout.printable(
                output.split(whereSeparator: \.isNewline).joined(separator: "; "))
            let event = job.environment.prefix(2).map(\.1).joined(separator: " of ")
            note(
                "the command for \(event), \(Layout.quoted(job.handler.words[0])), \(problem)"
                    + (said.isEmpty ? "" : ": \(said)"))
        }
    }

    private func next() -> (Job, lost: Int)? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            defer { state.lost = 0 }
            return (state.waiting.removeFirst(), state.lost)
        }
    }
}
