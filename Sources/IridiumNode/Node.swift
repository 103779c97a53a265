package import IridiumShell
import IridiumVM
package import Logging
package import Membership
import NIOCore
package import NIOPosix
import Synchronization
import SystemPackage

/// One node: a machine with its sessions, perhaps a cluster, and a socket to command it by.
///
/// A node begins alone. `startCluster` makes it a member that others can join, `joinCluster` makes it
/// one of theirs, `leaveCluster` makes it alone again; all three may come from the prompt, from the
/// control socket or from the command line, and each waits for the one before it. What happens is
/// told to listeners (`Node+News.swift`), what is asked by a session is answered in
/// `Node+Answers.swift`.
///
/// Invariant: at most one cluster runs, and only `turns` may start or stop one.
package actor Node {
    package nonisolated let settings: NodeSettings
    package nonisolated let logger: Logger
    /// The one event loop of cluster, control socket and remote shell.
    package nonisolated let eventLoops: MultiThreadedEventLoopGroup
    package nonisolated let scheduler: ProgramScheduler
    /// The UUID of the machine, version 4: the name of a node that was given none.
    package nonisolated let machineID: String
    package nonisolated let startedAt: ContinuousClock.Instant

    var cluster: RunningCluster?
    var news = News()
    private var turns = Turns()
    /// The names of members, for completion: read by any thread.
    nonisolated let names = Mutex<[String]>([])

    /// A cluster that runs, and what was decided at its start.
    struct RunningCluster: Sendable {
        let cluster: Cluster
        let keyOrigin: ClusterStarted.KeyOrigin
        let keyFingerprint: String
        let watcher: Task<Void, Never>
    }

    /// Opens nothing yet.
    package init(settings: NodeSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        scheduler = ProgramScheduler(threads: settings.threads)
        machineID = MachineID.random()
        startedAt = .now
    }

    /// What the node is called: by its user, or by its machine's UUID.
    package nonisolated var name: String { settings.name?.text ?? machineID }

    /// The names of all members this node knows, for completion; in a demo of all there are.
    package nonisolated var knownNames: [String] {
        settings.demo?.names.map(\.text) ?? names.withLock { $0 }
    }

    /// The running cluster, for those who only look.
    package var runningCluster: Cluster? { cluster?.cluster }

    /// Stops everything in order: the cluster says goodbye, answers under way are written, programs
    /// stop, the loop ends.
    package func stop(closing control: ControlServer? = nil) async {
        if let demo = settings.demo {
            // Members that may be dead or cut off would be waited for in vain.
            await abandonCluster()
            await demo.stop()
        } else {
            _ = await leaveCluster()
        }
        await control?.stop()
        scheduler.stop()
        endNews()
        try? await eventLoops.shutdownGracefully()
    }

    // MARK: Starting, joining, leaving

    /// Starts the cluster server on the configured port. Says so when it was running already.
    package func startCluster() async throws(IridiumError) -> ClusterStarted {
        try await inTurn { () async throws(IridiumError) in try await self.start().started }
    }

    /// Joins by way of `seed`, once. Starts the cluster server first where it is off, on a free port
    /// if the usual one is taken and the user chose none.
    package func joinCluster(_ seed: HostAndPort) async throws(IridiumError) -> ClusterJoined {
        try await inTurn { () async throws(IridiumError) in try await self.join(seed) }
    }

    /// Says goodbye and stops the cluster server. nil when it was off.
    package func leaveCluster() async -> Int? {
        try? await inTurn { () async throws(IridiumError) in await self.leave() }
    }

    private func start(
        elseAnyPort: Bool = false
    ) async throws(IridiumError) -> (started: ClusterStarted, takenPort: UInt16?) {
        if let running = cluster { return (started(running, wasRunning: true), nil) }
        var configuration = makeConfiguration()
        let isKeyNew = isKeyMissing
        var takenPort: UInt16?
        var candidate = Cluster(
            configuration: configuration, logger: logger, eventLoopGroup: eventLoops,
            faults: settings.demo?.faults)
        var events = candidate.events.makeAsyncIterator()
        do throws(ClusterError) {
            try await candidate.start()
        } catch {
            guard elseAnyPort, error.isPortTaken else { throw words(for: error) }
            takenPort = configuration.bind.port
            configuration.bind = Endpoint(configuration.bind.address, port: 0)
            candidate = Cluster(
                configuration: configuration, logger: logger, eventLoopGroup: eventLoops,
                faults: settings.demo?.faults)
            events = candidate.events.makeAsyncIterator()
            do throws(ClusterError) {
                try await candidate.start()
            } catch {
                throw words(for: error)
            }
        }
        let running = RunningCluster(
            cluster: candidate, keyOrigin: keyOrigin(isNew: isKeyNew),
            keyFingerprint: await candidate.status().keyFingerprint,
            watcher: watch(candidate, events))
        cluster = running
        return (started(running, wasRunning: false), takenPort)
    }

    private func join(_ seed: HostAndPort) async throws(IridiumError) -> ClusterJoined {
        if let refusal = await settings.refusalLookedUp(of: seed) { throw refusal }
        let wasRunning = cluster != nil
        let takenPort = try await start(elseAnyPort: !settings.isPortGiven).takenPort
        guard let running = cluster else { throw .clusterOff(command: "!join_cluster") }
        news.isJoining = true
        let begun = ContinuousClock.now
        let report: JoinReport
        do throws(ClusterError) {
            report = try await running.cluster.join([seed])
        } catch {
            let words = words(for: error, after: ContinuousClock.now - begun, running)
            // The last event of such a cluster says the same as the answer.
            switch error {
            case .identityTaken, .notRunning: await running.watcher.value
            default: break
            }
            endJoining(words)
            throw words
        }
        endJoining(nil)
        let alive = running.cluster.members.filter { $0.state == .alive }.map(\.name.text)
        let first = ClusterJoined.StartedFirst(
            address: running.cluster.localMember.endpoint, takenPort: takenPort)
        return ClusterJoined(
            clusterName: settings.clusterName, seed: report.seed,
            receivedMembers: report.membersReceived, members: report.members,
            heartbeatsPass: report.udpWorks, aliveNames: alive,
            convergedIn: report.viewsAgree ? report.converged : nil,
            startedFirst: wasRunning ? nil : first)
    }

    private func leave() async -> Int? {
        guard let running = cluster else { return nil }
        cluster = nil
        let told = running.cluster.members.count { $0.state == .alive && !$0.isSelf }
        await running.cluster.leave()
        // The stream of events ends with the cluster; whoever watches sees the goodbye first.
        await running.watcher.value
        return told
    }

    /// Waits for what a cluster that has stopped by itself leaves to be said; not for one that runs on.
    package func clusterEnded() async { await cluster?.watcher.value }

    private func abandonCluster() async {
        _ = try? await inTurn { () async throws(IridiumError) in
            guard let running = await self.takeCluster() else { return }
            await running.cluster.abandon()
            await running.watcher.value
        }
    }

    private func takeCluster() -> RunningCluster? { cluster.take() }

    /// Runs `body` after all that were asked for before it.
    private func inTurn<Result: Sendable>(
        _ body: @escaping @Sendable () async throws(IridiumError) -> Result
    ) async throws(IridiumError) -> Result {
        try await turns.add(body).value.get()
    }

    // MARK: Configuration

    private func makeConfiguration() -> ClusterConfiguration {
        let key: ClusterConfiguration.KeySource =
            switch (settings.demo, settings.key) {
            case (let demo?, _): .generated(demo.key)
            case (nil, .inDataDirectory) where settings.directory.isKeyACredential:
                .credential(settings.directory.clusterKeyPath)
            case (nil, .inDataDirectory): .fileCreatedIfMissing(settings.directory.clusterKeyPath)
            case (nil, .file(let path)): .file(path)
            }
        var configuration = ClusterConfiguration(
            name: settings.name ?? (try? NodeAlias(parsing: machineID)),
            clusterName: settings.clusterName, bind: settings.bind, key: key)
        configuration.advertise = settings.advertise
        configuration.seeds = settings.seeds
        configuration.profile = settings.profile
        configuration.tolerance = settings.tolerance
        configuration.metadata = settings.metadata
        configuration.lonelyAfter = settings.lonelyAfter
        // A node that was given no name is somebody else the next time.
        configuration.stateDirectory = settings.name == nil ? nil : settings.directory.root
        configuration.keptIdentity = settings.demo?.identity
        return configuration
    }

    private var isKeyMissing: Bool {
        settings.demo == nil && settings.key == .inDataDirectory
            && !SystemCall.exists(settings.directory.clusterKeyPath)
    }

    private func keyOrigin(isNew: Bool) -> ClusterStarted.KeyOrigin {
        guard settings.demo == nil else { return .given }
        return switch settings.key {
        case .inDataDirectory:
            isNew
                ? .new(path: settings.directory.clusterKeyPath)
                : .existing(path: settings.directory.clusterKeyPath)
        case .file("-"): .given
        case .file(let path): .existing(path: path)
        }
    }

    private func started(_ running: RunningCluster, wasRunning: Bool) -> ClusterStarted {
        ClusterStarted(
            clusterName: settings.clusterName, nodeName: name,
            isNameGiven: settings.name != nil, address: running.cluster.localMember.endpoint,
            keyFingerprint: running.keyFingerprint, keyOrigin: running.keyOrigin,
            dataRoot: settings.directory.givenRoot,
            keyFile: givenKeyFile, wasRunning: wasRunning)
    }

    private var givenKeyFile: String? {
        guard case .file(let path) = settings.key, path != "-" else { return nil }
        return path
    }

    func words(
        for error: ClusterError, after span: Duration = .zero, _ running: RunningCluster? = nil
    ) -> IridiumError {
        let me = running?.cluster.localMember
        return error.words(
            in: ClusterErrorContext(
                settings: settings, ownName: name, ownID: me?.id.short ?? "-",
                ownEndpoint: me?.endpoint ?? settings.bind,
                keyFingerprint: running?.keyFingerprint ?? "-", span: span))
    }
}

extension ClusterError {
    /// Whether another socket has the port.
    var isPortTaken: Bool {
        guard case .cannotListen(_, _, let errno) = self else { return false }
        return Errno(rawValue: errno) == .addressInUse
    }
}
