internal import Logging
internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore
import NIOPosix

/// The way from any thread to the loop of a running node.
struct RunnerHandle: Sendable {
    let loop: any EventLoop
    private let runner: NIOLoopBound<NodeRunner>
    /// Completes when everything is closed.
    let stopped: EventLoopFuture<StopReason>
    let bound: Endpoint

    private init(_ runner: NodeRunner) {
        loop = runner.loop
        stopped = runner.stopped.futureResult
        bound = runner.settings.bound
        self.runner = NIOLoopBound(runner, eventLoop: runner.loop)
    }

    /// Gives the sockets to the loop and starts the node.
    static func launch(
        _ prepared: PreparedNode, clusterName: String, published: PublishedView,
        events: EventBroadcast, messages: MessageBroadcast, states: StateBoard,
        faults: NetworkFaults?, logger: Logger,
        on loop: any EventLoop
    ) async throws -> RunnerHandle {
        let settings = RunnerSettings(
            clusterName: clusterName, name: prepared.name, bound: prepared.sockets.endpoint,
            family: SocketFamily(boundTo: prepared.sockets.endpoint.address),
            udp: UDPSocket(descriptor: prepared.sockets.udp), directory: prepared.directory,
            keptIdentity: prepared.keptIdentity, faults: faults)
        let handle = try await loop.submit {
            RunnerHandle(
                NodeRunner(
                    prepared, settings: settings, published: published, events: events,
                    messages: messages, states: states, logger: logger, loop: loop))
        }.get()
        do {
            let datagrams = try await handle.openDatagrams(prepared.sockets.udp)
            handle.run { $0.datagrams = datagrams }
            let acceptor = try await handle.openAcceptor(prepared.sockets.tcp)
            try await loop.flatSubmit { handle.runner.value.timer.open() }.get()
            try await loop.submit { handle.runner.value.begin(datagrams, acceptor) }.get()
        } catch {
            handle.run { $0.stop(.closed) }
            throw error
        }
        return handle
    }

    private func openDatagrams(_ socket: CInt) async throws -> any Channel {
        let runner = runner
        let reads = NodeRunner.readsAtOnce
        return try await DatagramBootstrap(group: loop)
            .channelOption(.datagramVectorReadMessageCount, value: reads)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: reads * NodeRunner.readBytes)
            )
            // A second read of the same wake would mostly find nothing.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(runner.value))
                }
            }
            .withBoundSocket(socket).get()
    }

    private func openAcceptor(_ socket: CInt) async throws -> any Channel {
        let runner = runner
        return try await ServerBootstrap(group: loop)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptPause { runner.value.noteTooManyFiles() })
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let handler = runner.value.accept(channel) else {
                        return channel.close(promise: nil)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .withBoundSocket(socket).get()
    }

    /// Runs `body` on the loop without waiting for it.
    func run(_ body: @escaping @Sendable (NodeRunner) -> Void) {
        loop.execute { body(runner.value) }
    }

    /// Runs `body` on the loop; nil if the loop is gone.
    func get<R: Sendable>(_ body: @escaping @Sendable (NodeRunner) -> R) async -> R? {
        try? await loop.submit { body(runner.value) }.get()
    }

    /// Asks one address for its peer list. A cancelled caller gets `.stopped` at once.
    func ask(_ endpoint: Endpoint) async -> JoinAnswer {
        let answer = loop.makePromise(of: JoinAnswer.self)
        let attempt = await get { runner in
            runner.ask(endpoint) { answer.succeed($0) }
        }
        guard let attempt else {
            answer.succeed(.stopped)
            return .stopped
        }
        return await withTaskCancellationHandler {
            (try? await answer.futureResult.get()) ?? .stopped
        } onCancel: {
            if let attempt { run { $0.forgetJoin(attempt) } }
        }
    }

    /// Sends a message by stream, once. A cancelled caller gets `.cancelled` at once.
    func talk(
        to member: NodeID, _ message: [UInt8], type: UInt16, within limit: Duration
    ) async -> Talks.Outcome {
        let outcome = loop.makePromise(of: Talks.Outcome.self)
        let attempt = await get { runner in
            runner.call(member, message, type: type, within: limit) { outcome.succeed($0) }
        }
        guard let attempt else {
            outcome.succeed(.stopped)
            return .stopped
        }
        return await withTaskCancellationHandler {
            (try? await outcome.futureResult.get()) ?? .stopped
        } onCancel: {
            run { $0.drop(call: attempt, .cancelled) }
        }
    }

    /// Waits until everything is closed.
    func waitUntilStopped() async -> StopReason {
        (try? await stopped.get()) ?? .closed
    }
}

extension NodeRunner {
    /// Reported once, and again when it has been over for a while.
    fileprivate func noteTooManyFiles() {
        let now = ClusterInstant.now()
        defer { filesEndedAt = now }
        if let last = filesEndedAt, now - last < .seconds(60) { return }
        logger.warning("no connection can be accepted: too many files are open")
        tell(.notice(.tooManyFiles))
    }

    private func tell(of damage: NodeDirectory.Damage) {
        logger.warning(
            "a file of the last life is damaged; it was set aside",
            metadata: [
                "file": "\(damage.file.rawValue)", "path": "\(damage.path)",
                "now": "\(damage.aside)", "reason": "\(damage.reason)",
            ])
        tell(.notice(.forgotten(damage.file, path: damage.aside, reason: damage.reason)))
    }

    /// Both sockets belong to the loop: begin.
    func begin(_ datagrams: any Channel, _ acceptor: any Channel) {
        self.datagrams = datagrams
        self.acceptor = acceptor
        if !gate.isMemoryLocked {
            logger.info("key memory may be swapped to disk: the limit of locked memory is too low")
        }
        beginBurst()
        feed(.start)
        if let directory = settings.directory { feed(.remember(directory.members)) }
        publishAll()
        endBurst()
        for damage in settings.directory?.damages ?? [] { tell(of: damage) }
        tellClock()
        for channel in [datagrams, acceptor] {
            channel.setOption(.autoRead, value: true).whenSuccess { channel.read() }
        }
    }
}
