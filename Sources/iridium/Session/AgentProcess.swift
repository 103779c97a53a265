import ArgumentParser
import IridiumAdmin
import IridiumJSON
import IridiumNode
import IridiumShell
import LibC
import Logging
import Membership
import Synchronization
import SystemPackage

/// `iridium agent`.
struct Agent: AsyncParsableCommand, WatchesSignals {
    static let configuration = CommandConfiguration(
        abstract: "Run a node without a terminal; one line per change.",
        discussion: """
            Prints "ready" when its sockets are open, then every member and every change. SIGTERM \
            and SIGINT make it say goodbye and end; a second one ends it at once. SIGHUP does so \
            when its terminal closes; without a terminal, or under nohup, it is ignored.

            Examples:
              iridium agent --name n1 --bind 10.0.0.7:2254
              iridium agent --name n2 --bind 10.0.0.8:2254 --seed 10.0.0.7:2254 --key-file cluster.key
              iridium agent --bind 10.0.0.9:2254 --seed dns:nodes.example.org:2254 --tag role=db --json
            """)

    @OptionGroup var node: NodeOptions

    var signals: [Int32] { AgentProcess.signals }

    func run() async throws { try await AgentProcess.run(node) }
}

/// A node without a terminal.
enum AgentProcess {
    /// The signals that make it say goodbye and end.
    static var signals: [Int32] { SignalWatch.ending + [SignalWatch.interrupt] }

    static func run(_ options: NodeOptions) async throws {
        let settings = try options.settings(ofAgent: true)
        let admin = try options.admin.service()
        try OpenFiles.requireRoom()
        let output = AgentOutput(isJSON: options.output.json, node: settings.name?.text)
        let node = Node(
            settings: settings,
            logger: try Logs.toStandardError(options.logLevel) { output.errors.write($0) })
        do {
            try await run(node, output, admin)
        } catch {
            await node.stop()
            await output.finish()
            throw error
        }
        await output.finish()
    }

    private static func run(
        _ node: Node, _ output: AgentOutput, _ service: AdminOptions.Service?
    ) async throws {
        // Before the start, because a seed may report something at once.
        let fatal = Mutex<IridiumError?>(nil)
        await node.listen { news in
            switch news {
            case .change, .message: break
            case .warning(let error), .answered(let error):
                output.write(error)
                if [.identityInUse, .clusterStopped].contains(error.code) {
                    fatal.withLock { $0 = error }
                }
            case .note(let text): output.write(note: text)
            }
        }
        let control = try await node.startControl()
        let started: ClusterStarted
        let remote: RemoteShell?
        let admin: AdminServer?
        do {
            started = try await node.startCluster()
            remote = try await RemoteShell.start(of: node)
            admin = try await service?.start(of: node)
        } catch {
            await node.stop(closing: control)
            throw error
        }
        let manager = ServiceManager()
        SignalWatch.start(signals, ignoring: isStrayHangup) { count in
            guard count == 1 else { exit(130) }
            manager?.stopping()
            Task { _ = await node.leaveCluster() }
        }
        if let cluster = await node.runningCluster {
            let lines = AgentLines(
                node: node, started: started, http: admin?.endpoint, output: output)
            lines.write(lines.ready(cluster, control: control.path))
            StartPages.giveBackTwice()
            let reporting = manager.map { manager in
                Task { await report(on: cluster, to: manager) }
            }
            defer { reporting?.cancel() }
            var follower = ChangeFollower()
            // The stream ends with the cluster: by a signal, by command, or by itself.
            for await event in cluster.events {
                for change in follower.changes(in: event) { lines.write(change) }
                if let message = follower.message(in: event) { lines.write(message) }
            }
            await node.clusterEnded()
        }
        await remote?.stop()
        await admin?.stop()
        await node.stop(closing: control)
        if let error = fatal.withLock({ $0 }) {
            await output.finish()
            throw ProcessExit(error.exit ?? .other)
        }
    }

    /// The maximum age of the status that the service manager shows.
    private static let statusPeriod: Duration = .seconds(5)

    /// Reports the status of the node to the service manager: at once after a change, and as often
    /// as the manager expects a sign of life. The status comes from the event loop, so a hanging
    /// loop is noticed.
    private static func report(on cluster: Cluster, to manager: ServiceManager) async {
        let period = min(manager.watchdog ?? statusPeriod, statusPeriod)
        var told: String?
        while !Task.isCancelled {
            let text = words(for: await cluster.status())
            if told == nil { manager.ready(text) } else if told != text { manager.tell(text) }
            told = text
            if manager.watchdog != nil { manager.isAlive() }
            try? await Task.sleep(for: period)
        }
    }

    /// `5 alive, 1 suspect, views agree`.
    private static func words(for status: ClusterStatus) -> String {
        let states = [MemberState.alive, .suspect, .dead].compactMap { state in
            status.counts[state].flatMap { $0 > 0 ? "\($0) \(state)" : nil }
        }
        let views =
            status.heardFrom == 0
            ? "alone" : status.agreeing >= status.heardFrom ? "views agree" : "views differ"
        return (states + [views]).joined(separator: ", ")
    }

    /// A hangup without a terminal. It is sent to rotate logs or to reload, and an agent does
    /// neither. It must not take a node out of its cluster.
    private static func isStrayHangup(_ signal: Int32) -> Bool {
        signal == SignalWatch.hangup && !(0...2).contains(where: isTerminal)
    }
}

/// The destination of an agent's lines.
private final class AgentOutput: Sendable {
    let lines: LineWriter
    let errors: LineWriter
    let isJSON: Bool

    init(isJSON: Bool, node: String?) {
        self.isJSON = isJSON
        let note: LineWriter.LossNote = { count, reason in
            let why = reason?.text ?? "nobody read them"
            guard isJSON else {
                return
                    "iridium: \(Layout.count(count, "line was", "lines were")) lost here: \(why)\n"
            }
            let json: JSON = [
                "schema": "iridium.lost/1", "at": .string(WallClock.now.rfc3339),
                "node": JSON(node), "lines": JSON(count), "reason": .string(why),
            ]
            return json.line + "\n"
        }
        let errors = LineWriter(.standardError, lossNote: note) { _ in }
        self.errors = errors
        lines = LineWriter(.standardOutput, lossNote: note) { failure in
            let error = IridiumError.cannotWrite(
                path: "standard output", reason: failure.text,
                purpose: "lines are lost, and counted, until it can be written again",
                option: "more room there")
            errors.write(isJSON ? error.json + "\n" : error.text)
        }
    }

    func write(_ error: IridiumError) { errors.write(isJSON ? error.json + "\n" : error.text) }

    func write(note text: String) {
        let json: JSON = [
            "schema": "iridium.note/1", "at": .string(WallClock.now.rfc3339),
            "text": .string(text),
        ]
        errors.write(isJSON ? json.line + "\n" : "iridium: \(text)\n")
    }

    func finish() async {
        await lines.finish()
        await errors.finish()
    }
}

/// The lines of an agent on standard output.
private final class AgentLines {
    private let node: Node
    private let started: ClusterStarted
    private let http: Endpoint?
    private let output: AgentOutput
    private var nameWidth = 2

    private var isJSON: Bool { output.isJSON }

    init(node: Node, started: ClusterStarted, http: Endpoint?, output: AgentOutput) {
        self.node = node
        self.started = started
        self.http = http
        self.output = output
    }

    func write(_ line: String) { output.lines.write(line + "\n") }

    func write(_ change: ChangeOfMember) {
        if isJSON {
            if let json = change.json(observer: node.name) { write(json.line) }
        } else {
            nameWidth = max(nameWidth, change.member.name.text.utf8.count)
            write(change.monitorLine.text(nameWidth: nameWidth))
        }
    }

    func write(_ message: MessageOfMember) {
        write(
            isJSON
                ? message.json(observer: node.name).line
                : message.monitorText(nameWidth: nameWidth))
    }

    func ready(_ cluster: Cluster, control: String) -> String {
        let me = cluster.localMember
        guard isJSON else {
            return "ready \(node.name) (id \(me.id.short)) on \(me.endpoint), "
                + "cluster \"\(started.clusterName)\"" + (http.map { ", http://\($0)/" } ?? "")
        }
        let json: JSON = [
            "schema": "iridium.ready/1",
            "at": .string(WallClock.now.rfc3339),
            "node": .string(node.name),
            "id": .string(me.id.description),
            "cluster": .string(started.clusterName),
            "address": .string(me.endpoint.description),
            "control": .string(control),
            "http": JSON(http.map { "\($0)" }),
            "pid": JSON(SystemCall.processID),
        ]
        return json.line
    }
}
