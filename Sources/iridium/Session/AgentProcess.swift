import ArgumentParser
import IridiumNode
import IridiumShell
import LibC
import Logging
import Membership
import Synchronization

/// `iridium agent`.
struct Agent: AsyncParsableCommand, WatchesSignals {
    static let configuration = CommandConfiguration(
        abstract: "Run a node without a terminal; one line per change.",
        discussion: """
            Prints "ready" when its sockets are open, then every member and every change. SIGTERM \
            and SIGINT make it say goodbye and end; a second one ends it at once.
            """)

    @OptionGroup var node: NodeOptions

    var signals: [Int32] { AgentProcess.signals }

    func run() async throws { try await AgentProcess.run(node) }
}

/// A node without a terminal.
enum AgentProcess {
    /// What makes it say goodbye and end.
    static var signals: [Int32] { SignalWatch.ending + [SignalWatch.interrupt] }

    static func run(_ options: NodeOptions) async throws {
        let settings = try options.settings()
        try OpenFiles.requireRoom()
        let node = Node(settings: settings, logger: try Logs.toStandardError(options.logLevel))
        do {
            try await run(node, isJSON: options.output.json)
        } catch {
            await node.stop()
            throw error
        }
    }

    private static func run(_ node: Node, isJSON: Bool) async throws {
        // Before the start: a seed may have something to say at once.
        let fatal = Mutex<IridiumError?>(nil)
        await node.listen { news in
            switch news {
            case .change, .message: break
            case .warning(let error), .answered(let error):
                StandardError.write(isJSON ? error.json + "\n" : error.text)
                if [.identityInUse, .clusterStopped].contains(error.code) {
                    fatal.withLock { $0 = error }
                }
            case .note(let text): StandardError.write("iridium: \(text)\n")
            }
        }
        let control = try await node.startControl()
        let started: ClusterStarted
        let remote: RemoteShell?
        do {
            started = try await node.startCluster()
            remote = try await RemoteShell.start(of: node)
        } catch {
            await node.stop(closing: control)
            throw error
        }
        SignalWatch.start(signals) { count in
            guard count == 1 else { exit(130) }
            Task { _ = await node.leaveCluster() }
        }
        if let cluster = await node.runningCluster {
            let lines = AgentLines(node: node, started: started, isJSON: isJSON)
            lines.write(lines.ready(cluster, control: control.path))
            StartPages.giveBackTwice()
            var follower = ChangeFollower()
            // The stream ends when the cluster does: by a signal, by command, or by itself.
            for await event in cluster.events {
                for change in follower.changes(in: event) { lines.write(change) }
                if let message = follower.message(in: event) { lines.write(message) }
            }
            await node.clusterEnded()
        }
        await remote?.stop()
        await node.stop(closing: control)
        if let error = fatal.withLock({ $0 }) { throw ProcessExit(error.exit ?? .other) }
    }
}

/// What an agent says on standard output. When nobody reads any more it says no more, and stays; so
/// it does when a disk is full, and then that is its last word.
private final class AgentLines {
    private let node: Node
    private let started: ClusterStarted
    private let isJSON: Bool
    private var isHeard = true
    private var nameWidth = 2

    init(node: Node, started: ClusterStarted, isJSON: Bool) {
        self.node = node
        self.started = started
        self.isJSON = isJSON
    }

    func write(_ line: String) {
        guard isHeard else { return }
        do throws(IridiumError) {
            isHeard = try StandardOutput.write(line + "\n")
        } catch {
            isHeard = false
            StandardError.write(isJSON ? error.json + "\n" : error.text)
        }
    }

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
                + "cluster \"\(started.clusterName)\""
        }
        let json: JSON = [
            "schema": "iridium.ready/1",
            "at": .string(WallClock.now.rfc3339),
            "node": .string(node.name),
            "id": .string(me.id.description),
            "cluster": .string(started.clusterName),
            "address": .string(me.endpoint.description),
            "control": .string(control),
            "pid": JSON(SystemCall.processID),
        ]
        return json.line
    }
}
