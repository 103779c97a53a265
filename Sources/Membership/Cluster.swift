public import Logging
public import NIOCore
import NIOPosix
import Synchronization

/// A member of a cluster: it finds the other members, detects their failures, and reports changes.
///
/// ```swift
/// let cluster = Cluster(configuration: ClusterConfiguration(key: .file("cluster.key")))
/// try await cluster.start()
/// _ = try await cluster.join([HostAndPort(host: "10.0.0.5", port: 2254)])
/// for await event in cluster.events { print(event) }
/// ```
///
/// It runs on one event loop, opens one port (UDP for heartbeats and gossip, TCP for peer lists)
/// and may be called from any thread. In a `ServiceGroup` (trait `ServiceLifecycle`, on by
/// default), `run()` does it all. A group shuts its services down in the reverse order of their
/// listing. So list the cluster behind a server whose requests the other members send:
/// `[server, cluster]` first says goodbye and then serves the requests under way.
///
/// A cluster runs once. If it is dropped without `leave()`, its sockets close, and the other
/// members notice that like a crash.
public final class Cluster: Sendable {
    let configuration: ClusterConfiguration
    let logger: Logger
    let name: NodeAlias
    let published: PublishedView
    let sources: SeedSources
    let broadcaster: EventBroadcast
    let messageBroadcaster = MessageBroadcast()
    let board = StateBoard()
    private let faults: NetworkFaults?
    private let group: any EventLoopGroup
    private let state: Mutex<State>

    private enum State: Sendable {
        case idle
        /// Completes when the cluster runs, or could not start.
        case starting(EventLoopFuture<Void>)
        case running(RunnerHandle, seeds: Task<Void, Never>)
        /// Completes when everything is closed; nil if it never ran.
        case stopped(EventLoopFuture<StopReason>?)
    }

    /// Does not open anything yet.
    ///
    /// - Parameters:
    ///   - configuration: copied; later changes of it do not count.
    ///   - logger: arrivals, farewells and deaths at info, other changes of state at debug, warnings of
    ///     `ClusterNotice` at info and warning; never keys or payloads. It is called on the event loop,
    ///     so its handler must not wait for anything, such as a pipe that is full: the other members
    ///     would declare this node dead. nil: nothing is logged.
    ///   - eventLoopGroup: one of its loops runs everything; nil: NIO's shared group.
    public convenience init(
        configuration: ClusterConfiguration, logger: Logger? = nil,
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.init(
            configuration: configuration, logger: logger, eventLoopGroup: eventLoopGroup,
            faults: nil)
    }

    /// The same on a network with faults that can be set.
    package init(
        configuration: ClusterConfiguration, logger: Logger? = nil,
        eventLoopGroup: (any EventLoopGroup)? = nil, faults: NetworkFaults?
    ) {
        let name = configuration.name ?? .random()
        self.configuration = configuration
        self.name = name
        var logger = logger ?? Self.silentLogger
        logger[metadataKey: "node"] = "\(name)"
        logger[metadataKey: "cluster"] = "\(configuration.clusterName)"
        self.logger = logger
        sources = SeedSources(configuration.seeds, configuration.discovery)
        self.faults = faults
        group = eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        published = PublishedView(
            local: Member(
                id: NodeID(0), name: name, state: .alive, endpoint: configuration.bind,
                incarnation: .first, metadata: configuration.metadata, isSelf: true,
                roundTripTime: nil, timeInState: .zero, reason: nil))
        broadcaster = EventBroadcast(capacity: max(1, configuration.eventCapacity))
        state = Mutex(.idle)
    }

    deinit {
        guard case .running(let handle, let seeds) = state.withLock({ $0 }) else { return }
        seeds.cancel()
        handle.run { $0.stop(.closed) }
    }

    /// A logger that writes nothing.
    package static var silentLogger: Logger {
        Logger(label: "iridium.membership", factory: { _ in SwiftLogNoOpLogHandler() })
    }

    // MARK: Life

    /// Reads keys, binds the sockets, becomes a cluster of one, and begins to look for the seeds.
    ///
    /// - Throws: `.cannotListen`, `.cannotAdvertise`, `.key`, `.identity`, `.identityInUse`,
    ///   `.metadataTooLong`, `.toleranceOutOfRange`; then it can be tried again. `.alreadyStarted`.
    public func start() async throws(ClusterError) {
        let launched = group.next().makePromise(of: Void.self)
        defer { launched.succeed() }
        let wasIdle = state.withLock { state in
            guard case .idle = state else { return false }
            state = .starting(launched.futureResult)
            return true
        }
        guard wasIdle else { throw .alreadyStarted }
        do throws(ClusterError) {
            let (handle, known) = try await launch()
            try completeStart(on: handle, recalling: known)
        } catch {
            state.withLock { if case .starting = $0 { $0 = .idle } }
            throw error
        }
    }

    /// The running node, and the members that it knew in its last life.
    private func launch() async throws(ClusterError) -> (RunnerHandle, [HostAndPort]) {
        let (configuration, name) = (configuration, name)
        let result = try? await NIOThreadPool.singleton.runIfActive {
            Result { () throws(ClusterError) in try PreparedNode(configuration, name: name) }
        }
        guard let prepared = try result?.get() else { throw .notRunning }
        let handle = try? await RunnerHandle.launch(
            prepared, clusterName: configuration.clusterName, published: published,
            events: broadcaster, messages: messageBroadcaster, states: board, faults: faults,
            logger: logger,
            on: group.next())
        guard let handle else { throw .notRunning }
        return (handle, prepared.knownMembers)
    }

    /// Completes the start, unless the cluster was left meanwhile.
    private func completeStart(
        on handle: RunnerHandle, recalling known: [HostAndPort]
    ) throws(ClusterError) {
        let keeper = SeedKeeper(
            sources: sources, refresh: configuration.seedRefresh,
            lonelyAfter: configuration.lonelyAfter, handle: handle, published: published,
            logger: logger)
        let recall = MemberRecall(members: known, handle: handle, published: published)
        let seeds = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await keeper.run() }
                group.addTask { await recall.run() }
            }
        }
        let isRunning = state.withLock { state in
            guard case .starting = state else { return false }
            state = .running(handle, seeds: seeds)
            return true
        }
        guard isRunning else {
            seeds.cancel()
            handle.run { $0.stop(.closed) }
            throw .notRunning
        }
        let local = published.local
        logger.info(
            "listening", metadata: ["id": "\(local.id)", "endpoint": "\(local.endpoint)"])
    }

    /// Starts the cluster unless it is started, and stays until `leave()`, cancellation or graceful
    /// shutdown; then it leaves. A `ServiceGroup` calls this. If a `start` is under way, it waits
    /// for that.
    ///
    /// - Throws: as `start`, `.notRunning` if the cluster has been left already, and `.identityTaken` if
    ///   another node turned out to have our identity.
    public func run() async throws {
        guard let handle = try await startUnlessStarted() else { return }
        let reason = await withEndHandler {
            await handle.waitUntilStopped()
        } ended: {
            handle.run { $0.leave(patience: TimeAmount(Self.longestPatience)) }
        }
        await leave()
        if case .identityTaken(let endpoint) = reason {
            throw ClusterError.identityTaken(by: endpoint)
        }
    }

    /// nil if the cluster was left right after a start that this call made or waited for.
    private func startUnlessStarted() async throws(ClusterError) -> RunnerHandle? {
        var hasSeenStart = false
        while true {
            switch state.withLock({ $0 }) {
            case .idle:
                do throws(ClusterError) {
                    try await start()
                } catch {
                    // Another caller was faster: wait for its start.
                    guard error == .alreadyStarted else { throw error }
                }
                hasSeenStart = true
            case .starting(let launched):
                _ = try? await launched.get()
                hasSeenStart = true
            case .running(let handle, _): return handle
            case .stopped:
                guard hasSeenStart else { throw .notRunning }
                return nil
            }
        }
    }

    /// Says goodbye, waits until two members have confirmed it, and closes everything. If only one
    /// confirms it, that takes 400 ms; if none does, a second. A second call, or a call before
    /// `start`, is harmless.
    ///
    /// - Parameter patience: the longest time to wait. With zero the goodbye is sent once and not
    ///   waited for; a time beyond 1.4 s changes nothing.
    public func leave(patience: Duration = .milliseconds(2_500)) async {
        let time = TimeAmount(min(max(.zero, patience), Self.longestPatience))
        await end { $0.leave(patience: time) }
    }

    /// Closes everything without a goodbye, like a crash, and waits until it is closed.
    package func abandon() async { await end { $0.stop(.closed) } }

    private func end(_ manner: @escaping @Sendable (NodeRunner) -> Void) async {
        let last = state.withLock { state in
            defer {
                switch state {
                case .idle, .starting: state = .stopped(nil)
                case .running(let handle, _): state = .stopped(handle.stopped)
                case .stopped: break
                }
            }
            return state
        }
        switch last {
        case .idle, .starting:
            broadcaster.finish()
            messageBroadcaster.finish()
            board.finish()
            published.end()
        case .running(let handle, let seeds):
            seeds.cancel()
            handle.run(manner)
            _ = await handle.waitUntilStopped()
        case .stopped(let stopped):
            _ = try? await stopped?.get()
        }
    }

    /// The core gives up by itself after 1.4 s; this limit holds if it does not.
    private static let longestPatience: Duration = .milliseconds(2_500)

    /// Any loop of the group; the cluster need not have started.
    var loopForTimers: any EventLoop { group.any() }

    /// nil unless it runs. Waits for a start under way: the view is published before `start` returns, so
    /// a task that waited for it may give its first command now.
    var handle: RunnerHandle? {
        get async {
            while true {
                switch state.withLock({ $0 }) {
                case .running(let handle, _): return handle
                case .starting(let launched): _ = try? await launched.get()
                case .idle, .stopped: return nil
                }
            }
        }
    }
}
