package import IridiumShell
import IridiumVM
package import Logging
package import Membership
import NIOCore
package import NIOPosix
import Synchronization
import SystemPackage

/// One node: a machine with its sessions, perhaps a cluster, and a control socket.
///
/// A node begins alone. `startCluster` makes it a member that others can join, `joinCluster` makes
/// it a member of an existing cluster, and `leaveCluster` makes it alone again. All three may come
/// from the prompt, from the control socket or from the command line, and each waits for the one
/// before it. Listeners receive the news (`Node+News.swift`), and `Node+Answers.swift` answers
/// requests of sessions.
///
/// Invariant: at most one cluster runs, and only `turns` may start or stop one.
package actor Node {
    package nonisolated let settings: NodeSettings
    package nonisolated let logger: Logger
    /// The only event loop of cluster, control socket and remote shell.
    package nonisolated let eventLoops: MultiThreadedEventLoopGroup
    package nonisolated let scheduler: ProgramScheduler
    /// The UUID of the machine, version 4.
    package nonisolated let machineID: String
    package nonisolated let startedAt: ContinuousClock.Instant

    var cluster: RunningCluster?
    var news = News()
    var surveys = Surveys()
    private var turns = Turns()
    /// The members of the last cluster, as its events tell of them; any thread reads their names.
    nonisolated let followed = Mutex(FollowedCluster())

    /// A running cluster, and the choices made at its start.
    struct RunningCluster: Sendable {
        let cluster: Cluster
        let keyOrigin: ClusterStarted.KeyOrigin
        let keyFingerprint: String
        let watcher: Task<Void, Never>
    }

    /// Does not open anything yet.
    package init(settings: NodeSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        scheduler = ProgramScheduler(threads: settings.threads)
        machineID = MachineID.random()
        startedAt = .now
    }

    /// The node's name: chosen by its user, or made from the first digits of its machine's UUID.
    package nonisolated var name: String { settings.name?.text ?? "n-\(machineID.prefix(6))" }

    /// The names of all members that this node knows, for completion; in a demo the names of all
    /// its members.
    package nonisolated var knownNames: [String] {
        settings.demo?.names.map(\.text) ?? followed.withLock { $0 }.names
    }

    /// The running cluster, for callers that only read.
    package var runningCluster: Cluster? { cluster?.cluster }

    /// Stops everything in order: the cluster says goodbye, answers under way are written, programs
    /// stop, the loop ends.
    package func stop(closing control: ControlServer? = nil) async {
        if let demo = settings.demo {
            // Waiting for members that may be dead or cut off would be in vain.
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

    /// Starts the cluster server on the configured port. The result says whether it was already
    /// running.
    package func startCluster() async throws(IridiumError) -> ClusterStarted {
        try await inTurn { () async throws(IridiumError) in try await self.start().started }
    }

    /// Joins through `seed`, once. If the cluster server is off, starts it first. It uses a free
    /// port if the user chose none and the usual one is taken, or is the seed's own. If the join
    /// fails, a server that was started for it is stopped again.
    package func joinCluster(_ seed: HostAndPort) async throws(IridiumError) -> ClusterJoined {
        try await inTurn { () async throws(IridiumError) in try await self.join(seed) }
    }

    /// Says goodbye and stops the cluster server. Returns nil if it was off.
    package func leaveCluster() async -> Int? {
        try? await inTurn { () async throws(IridiumError) in await self.leave() }
    }

    /// The time for which the kernel may check a new address of an interface for duplicates, and
    /// the interval between tries meanwhile.
    private static let patienceForAddress = Duration.seconds(5)
    private static let lookAtAddress = Duration.milliseconds(200)

    /// `elseAnyPort`: any other port will do if the port is taken; `onAnyPort`: any port will do at
    /// once.
    private func start(
        elseAnyPort: Bool = false, onAnyPort: Bool = false
    ) async throws(IridiumError) -> (started: ClusterStarted, takenPort: UInt16?) {
        if let running = cluster { return (started(running, wasRunning: true), nil) }
        var configuration = makeConfiguration()
        if onAnyPort { configuration.bind = Endpoint(configuration.bind.address, port: 0) }
        let isKeyNew = isKeyMissing
        var takenPort: UInt16?
        let patience = ContinuousClock.now + Self.patienceForAddress
        var begun: (candidate: Cluster, events: ClusterEvents.Iterator)?
        while begun == nil {
            let candidate = Cluster(
                configuration: configuration, logger: logger, eventLoopGroup: eventLoops,
                faults: settings.demo?.faults)
            let events = candidate.events.makeAsyncIterator()
            do throws(ClusterError) {
                try await candidate.start()
                begun = (candidate, events)
            } catch {
                if elseAnyPort, takenPort == nil, error.isPortTaken {
                    takenPort = configuration.bind.port
                    configuration.bind = Endpoint(configuration.bind.address, port: 0)
                } else if error.isAddressTentative, ContinuousClock.now < patience {
                    try? await Task.sleep(for: Self.lookAtAddress)
                } else {
                    throw words(for: error)
                }
            }
        }
        guard let (candidate, events) = begun else { throw .clusterStopped }
        let running = RunningCluster(
            cluster: candidate, keyOrigin: keyOrigin(isNew: isKeyNew),
            keyFingerprint: await candidate.status().keyFingerprint,
            watcher: watch(candidate, events))
        cluster = running
        // Ends with the cluster.
        Task { await AgentQuestion.serve(candidate) }
        return (started(running, wasRunning: false), takenPort)
    }

    private func join(_ seed: HostAndPort) async throws(IridiumError) -> ClusterJoined {
        let addresses = await NodeSettings.addresses(of: seed)
        if let refusal = settings.refusal(of: seed, at: addresses) { throw refusal }
        let wasRunning = cluster != nil
        // The address that the node is about to call must stay free for the member there.
        var mustStayFree = false
        if cluster == nil, !settings.isPortGiven, settings.isOwnPlace(seed, at: addresses) {
            mustStayFree = await !Reachability.isTaken(settings.bind)
        }
        let takenPort = try await start(
            elseAnyPort: !settings.isPortGiven, onAnyPort: mustStayFree
        ).takenPort
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
            default: if !wasRunning { _ = await leave() }
            }
            endJoining(words)
            throw words
        }
        endJoining(nil)
        let alive = running.cluster.members.filter { $0.state == .alive }.map(\.name.text)
        let first = ClusterJoined.StartedFirst(
            address: running.cluster.localMember.endpoint, takenPort: takenPort)
        let uncallable =
            report.calledInVainBy.isEmpty
            ? nil
            : ClusterJoined.Uncallable(
                address: running.cluster.localMember.endpoint,
                triedBy: report.calledInVainBy.map(\.text))
        return ClusterJoined(
            clusterName: settings.clusterName, seed: report.seed,
            receivedMembers: report.membersReceived, members: report.members,
            heartbeatsPass: report.udpWorks, aliveNames: alive,
            convergedIn: report.viewsAgree ? report.converged : nil,
            startedFirst: wasRunning ? nil : first, uncallable: uncallable)
    }

    private func leave() async -> Int? {
        guard let running = cluster else { return nil }
        cluster = nil
        let told = running.cluster.members.count { $0.state == .alive && !$0.isSelf }
        await running.cluster.leave()
        // The stream of events ends with the cluster; its readers see the goodbye first.
        await running.watcher.value
        return told
    }

    /// Waits until a cluster that has stopped by itself has reported its last news; not for a
    /// running one.
    package func clusterEnded() async { await cluster?.watcher.value }

    private func abandonCluster() async {
        _ = try? await inTurn { () async throws(IridiumError) in
            guard let running = await self.takeCluster() else { return }
            await running.cluster.abandon()
            await running.watcher.value
        }
    }

    private func takeCluster() -> RunningCluster? { cluster.take() }

    /// Runs `body` after all earlier requests.
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
            name: settings.name ?? (try? NodeAlias(parsing: name)),
            clusterName: settings.clusterName, bind: settings.bind, key: key)
        configuration.advertise = settings.advertise
        configuration.seeds = settings.seeds
        configuration.discovery = settings.discovery
        configuration.profile = settings.profile
        configuration.tolerance = settings.tolerance
        configuration.lifelines = settings.lifelines
        configuration.metadata = settings.metadata
        configuration.lonelyAfter = settings.lonelyAfter
        // A node without a given name has a new identity next time.
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
    /// Whether this host has the address but cannot use it yet.
    fileprivate var isAddressTentative: Bool {
        guard case .cannotListen(let endpoint, _, let errno) = self, case .v6 = endpoint.address,
            Errno(rawValue: errno) == .addressNotAvailable
        else { return false }
        return NetworkInterfaces.names[endpoint.address] != nil
    }

    /// Whether another socket has the port.
    var isPortTaken: Bool {
        guard case .cannotListen(_, _, let errno) = self else { return false }
        return Errno(rawValue: errno) == .addressInUse
    }
}
