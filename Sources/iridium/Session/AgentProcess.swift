import ArgumentParser
import IridiumAdmin
import IridiumNode
import IridiumShell
import LibC
import Logging
import Membership
import Synchronization
import SystemPackage

/// `iridium agent`.
struct Agent: AsyncParsableCommand, WatchesSignals, StaysAtRest {
    static let configuration = CommandConfiguration(
        abstract: "Run a node without a terminal, with a line for each change.",
        discussion: """
            Prints "ready" when its sockets are open, then every member and every change. SIGTERM \
            and SIGINT make it say goodbye and end; a second signal, at least half a second later, \
            ends it at once with 130. SIGHUP does the same when its terminal closes. Without a terminal, SIGHUP makes it read its settings, key \
            and token files again. Under nohup it ignores SIGHUP. SIGUSR1 makes it write its status to \
            standard error. SIGUSR2, SIGALRM, SIGXCPU and SIGPWR act as SIGTERM; SIGQUIT ends it at \
            once, without a goodbye.

            --config FILE sets the same options in TOML, by their long names, with [tags] for --tag. A \
            flag wins over the environment (IRIDIUM_BIND for --bind; commas separate values), the \
            environment over the file, the file over the default. iridium config shows each setting \
            and its source.

            --on runs a command without a shell: its words are parted by blanks. It gets the change as a \
            line of JSON on standard input and as IRIDIUM_EVENT, IRIDIUM_EVENT_MEMBER and the like. \
            Commands run one after the other, for at most 30 s each. Kinds: all, joined, suspected, \
            recovered, failed, left, restarted, updated.

            Examples:
              iridium agent --name n1 --bind 10.0.0.7:2254
              iridium agent --name n2 --bind 10.0.0.8:2254 --seed 10.0.0.7:2254
              iridium agent --config /etc/iridium/agent.toml
              iridium agent --bind 10.0.0.7:2254 --on failed,left=/usr/local/bin/page
              iridium agent --bind 10.0.0.9:2254 --seed dns:db.example.org:2254 --json
            """)

    @OptionGroup var node: NodeOptions

    var signals: [Int32] { AgentProcess.signals }
    var staysAtRest: Bool { true }

    func run() async throws { try await AgentProcess.run(node) }
}

/// A node without a terminal.
enum AgentProcess {
    /// The signals that make it say goodbye and end.
    static var signals: [Int32] { SignalWatch.ending + [SignalWatch.interrupt] }

    static func run(_ flags: NodeOptions) async throws {
        let watch = AgentSignals()
        watch.watch(signals) { isStrayHangup($0) || $0 == SignalWatch.question }
        let options = try AgentOptions(flags)
        do {
            try await run(options, watch)
        } catch let error as IridiumError where options.options.output.json {
            // Also where a file or the environment asks for JSON.
            StandardError.write(error.json + "\n")
            throw ProcessExit(error.exit ?? .other)
        }
    }

    private static func run(_ options: AgentOptions, _ watch: AgentSignals) async throws {
        let settings = try options.settings()
        let service = try options.service()
        try settings.requireSeparatePorts(http: service?.endpoint)
        let level = try Logs.Level(options)
        let format = try Logs.Format(options)
        let handlers = try options.handlers()
        try OpenFiles.requireRoom()
        let output = AgentOutput(isJSON: options.options.output.json, node: settings.name?.text)
        let node = Node(
            settings: settings,
            logger: Logs.toStandardError(level, format) { output.errors.write($0) })
        for remark in AgentOptions.remarks() { output.write(note: remark) }
        let runner = EventHandlers(handlers, observer: node.name) { output.write(note: $0) }
        do {
            try await run(
                node, output, service, runner, AgentReload(options, node, level, output), watch)
        } catch {
            await node.stop()
            await output.finish()
            throw error
        }
        await output.finish()
    }

    private static func run(
        _ node: Node, _ output: AgentOutput, _ service: AdminOptions.Service?,
        _ handlers: EventHandlers, _ reload: AgentReload, _ watch: AgentSignals
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
        await reload.begin(manager, admin)
        watch.prepare { signal in
            if signal == SignalWatch.question {
                Task { await tellStatus(of: node, to: output) }
            } else if isStrayHangup(signal) {
                Task { await reload.reload() }
            } else {
                return false
            }
            return true
        } goodbye: {
            manager?.stopping()
            _ = await node.leaveCluster()
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
                for change in follower.changes(in: event) {
                    lines.write(change)
                    handlers.take(change)
                }
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
            _ = await TaskThreads.rest(for: period)
        }
    }

    /// The status in one line, on standard error.
    private static func tellStatus(of node: Node, to output: AgentOutput) async {
        guard let status = await node.runningCluster?.status() else { return }
        let traffic = status.traffic
        let refused = status.refused.reduce(UInt64(0)) { $0 &+ $1.count }
        output.write(
            note: "\(words(for: status)), local health \(status.health), "
                + "\(traffic.datagramsIn) datagrams in, \(traffic.datagramsOut) out, \(refused) refused"
        )
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

    /// A hangup without a terminal asks for a reload. It must not take a node out of its cluster.
    private static func isStrayHangup(_ signal: Int32) -> Bool {
        signal == SignalWatch.hangup && !(0...2).contains(where: isTerminal)
    }
}
