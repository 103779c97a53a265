package import IridiumJSON
import IridiumShell
import LibC
import Logging
import Membership
package import NIOCore
import NIOPosix
import Synchronization
package import SystemPackage

/// The control socket, through which other programs of the same user control a running node.
///
/// It is a Unix stream socket of mode 0600 in a directory of mode 0700, and the server also asks
/// the kernel for the peer's user id. If the socket is open to a group, its modes are 0660 and 0750, and
/// they alone decide: the kernel names only one of a peer's groups. A connection carries one request line and the lines of its
/// answer; then it is closed. Bounds: `mostConnections` at a time, `ControlRequest.longestLine`
/// bytes, `patience` for a request to arrive. An answer is written no faster than the client reads
/// it.
package final class ControlServer: Sendable {
    package static let mostConnections = 32
    static let patience = TimeAmount.seconds(10)
    /// The kernel's limit for the path of a socket. Longer paths are used through `SocketPath` if
    /// possible.
    package static let longestPath = SocketPath.longest

    /// Answers one request by calling `reply` once a line.
    package typealias Responder = @Sendable (ControlRequest, ControlReply) async -> Void

    /// The reason why there is no socket.
    package enum Failure: Error, Equatable, Sendable {
        case pathTooLong(bytes: Int)
        /// Another node that answers has this name.
        case nameInUse
        case system(Errno)
    }

    package let path: String
    /// The group whose members may connect; nil: only our user and root may.
    private let openGroup: UInt32?
    private let group: any EventLoopGroup
    private let responder: Responder
    private let connections: ControlConnections
    private let state: Mutex<State>

    private struct State {
        var listener: any Channel
        /// Identifies the file, to notice if another one takes its place.
        var file: FileIdentity?
        var guardian: Task<Void, Never>?
    }

    /// Interval of the checks that the socket's file still exists.
    private static let lookInterval = Duration.seconds(5)

    private init(
        path: String, openTo openGroup: UInt32?, group: any EventLoopGroup,
        responder: @escaping Responder, connections: ControlConnections, listener: any Channel
    ) {
        self.path = path
        self.openGroup = openGroup
        self.group = group
        self.responder = responder
        self.connections = connections
        state = Mutex(State(listener: listener, file: FileIdentity(of: path)))
    }

    /// Listens at `path`, in a directory that must exist and be accessible only to us. A stale
    /// socket is removed first. If the file vanishes, it is made again within `interval`.
    package static func start(
        at path: String, on group: any EventLoopGroup, openTo openGroup: UInt32? = nil,
        lookingEvery interval: Duration = lookInterval, responder: @escaping Responder
    ) async throws(Failure) -> ControlServer {
        _ = try socketPath(path)
        switch ControlClient.probe(path) {
        case .answers: throw .nameInUse
        case .stale: unlink(path)
        case .missing: break
        }
        let connections = ControlConnections(most: mostConnections)
        let listener = try await listen(
            at: path, on: group, openTo: openGroup, connections, responder)
        let server = ControlServer(
            path: path, openTo: openGroup, group: group, responder: responder,
            connections: connections,
            listener: listener)
        let guardian = Task { [weak server] in
            while await TaskThreads.rest(for: interval), let server {
                await server.listenAgainIfLost()
            }
        }
        server.state.withLock { $0.guardian = guardian }
        return server
    }

    private static func socketPath(_ path: String) throws(Failure) -> SocketPath {
        do throws(Errno) {
            return try SocketPath(path)
        } catch {
            throw error == .fileNameTooLong
                ? .pathTooLong(bytes: path.utf8.count) : .system(error)
        }
    }

    private static func listen(
        at path: String, on group: any EventLoopGroup, openTo openGroup: UInt32?,
        _ connections: ControlConnections, _ responder: @escaping Responder
    ) async throws(Failure) -> any Channel {
        let way = try socketPath(path)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ControlHandler(
                            connections: connections, isOpenToGroup: openGroup != nil,
                            responder: responder))
                }
            }
        do {
            // No process of another user can connect meanwhile: only we, and the group where there is
            // one, can access the directory.
            let listener = try await bootstrap.bind(unixDomainSocketPath: way.text).get()
            chmod(path, 0o600)
            if let openGroup {
                do throws(Errno) {
                    try SystemCall.give(path, to: openGroup, mode: 0o660)
                } catch {
                    try? await listener.close().get()
                    throw Failure.system(error)
                }
            }
            return listener
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .system(Errno(rawValue: (error as? IOError)?.errnoCode ?? EIO))
        }
    }

    /// A service manager or a clean-up job may remove the file; then no client finds the socket.
    /// Another file in its place belongs to another process, which is left alone.
    private func listenAgainIfLost() async {
        guard !SystemCall.exists(path) else { return }
        if let slash = path.lastIndex(of: "/") {
            let directory = String(path[..<slash])
            try? SystemCall.makeDirectory(directory)
            if let openGroup { try? SystemCall.give(directory, to: openGroup, mode: 0o750) }
        }
        // The former listener first: when it is closed, SwiftNIO removes the file at its path.
        try? await state.withLock { $0.listener }.close().get()
        guard
            let listener = try? await Self.listen(
                at: path, on: group, openTo: openGroup, connections, responder)
        else { return }
        let file = FileIdentity(of: path)
        state.withLock { ($0.listener, $0.file) = (listener, file) }
    }

    /// Closes the socket, waits at most a second for answers under way, and removes the file.
    package func stop() async {
        let (listener, file, guardian) = state.withLock { ($0.listener, $0.file, $0.guardian) }
        guardian?.cancel()
        await guardian?.value
        try? await listener.close().get()
        if file == nil || FileIdentity(of: path) == file { unlink(path) }
        await connections.drain(atMost: .seconds(1))
    }
}

/// The file at a path.
private struct FileIdentity: Equatable {
    private let device: UInt64
    private let number: UInt64

    init?(of path: String) {
        var found = stat()
        guard lstat(path, &found) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: found.st_dev)
        number = UInt64(truncatingIfNeeded: found.st_ino)
    }
}

/// The number of connections, and the requests under way.
final class ControlConnections: Sendable {
    private let most: Int
    private let state = Mutex((open: 0, nextTask: 0, tasks: [Int: Task<Void, Never>]()))

    init(most: Int) { self.most = most }

    func open() -> Bool {
        state.withLock { state in
            guard state.open < most else { return false }
            state.open += 1
            return true
        }
    }

    func close() { state.withLock { $0.open -= 1 } }

    /// Runs `body` as a task that `drain` waits for.
    func run(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        state.withLock { state in
            let number = state.nextTask
            state.nextTask += 1
            let task = Task {
                await body()
                self.finish(number)
            }
            state.tasks[number] = task
            return task
        }
    }

    private func finish(_ number: Int) { state.withLock { $0.tasks[number] = nil } }

    func drain(atMost patience: Duration) async {
        let tasks = state.withLock { $0.tasks.values.map { $0 } }
        guard !tasks.isEmpty else { return }
        let alarm = Task {
            try? await Task.sleep(for: patience)
            for task in tasks { task.cancel() }
        }
        for task in tasks { await task.value }
        alarm.cancel()
    }
}

/// Sends the lines of an answer.
package struct ControlReply: Sendable {
    private let channel: any Channel

    init(channel: any Channel) { self.channel = channel }

    /// Writes one line. Returns false if the client has gone.
    @discardableResult
    package func send(_ json: JSON) async -> Bool { await send(line: json.line) }

    /// Writes one line that is already JSON.
    @discardableResult
    package func send(line: String) async -> Bool {
        guard !Task.isCancelled else { return false }
        do {
            try await channel.writeAndFlush(ByteBuffer(string: line + "\n")).get()
            return true
        } catch {
            return false
        }
    }
}

/// One connection: waits for a line, gets its answer, closes.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connections: ControlConnections
    private let isOpenToGroup: Bool
    private let responder: ControlServer.Responder
    private var splitter = LineSplitter(limit: ControlRequest.longestLine)
    private var isCounted = false
    private var alarm: Scheduled<Void>?
    private var work: Task<Void, Never>?

    init(
        connections: ControlConnections, isOpenToGroup: Bool,
        responder: @escaping ControlServer.Responder
    ) {
        self.connections = connections
        self.isOpenToGroup = isOpenToGroup
        self.responder = responder
    }

    func channelActive(context: ChannelHandlerContext) {
        guard connections.open() else {
            context.close(promise: nil)
            return
        }
        isCounted = true
        guard isOpenToGroup || PeerCredentials.isOwnUser(of: context.channel) else {
            context.close(promise: nil)
            return
        }
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: ControlServer.patience) {
            channel.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // One request a connection; bytes after it are not read.
        guard work == nil else { return }
        do throws(LineSplitter.TooLong) {
            let lines = try splitter.feed(unwrapInboundIn(data).readableBytesView)
            guard let line = lines.first else { return }
            alarm?.cancel()
            answer(line, on: context.channel)
        } catch {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        work?.cancel()
        if isCounted { connections.close() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ line: [UInt8], on channel: any Channel) {
        let reply = ControlReply(channel: channel)
        let responder = responder
        work = connections.run {
            guard await Self.isAwaited(channel) else { return }
            do throws(ControlRequest.Malformed) {
                await responder(try ControlRequest(line: line), reply)
            } catch {
                await reply.send(line: error.message.json)
            }
            try? await channel.close().get()
        }
    }

    /// Whether the client still waits for the answer. A process that was stopped finds requests of
    /// clients that have given up since. They reported a failure, so nothing is carried out
    /// afterwards. The loop needs one turn to learn what the kernel knew when the request was read.
    private static func isAwaited(_ channel: any Channel) async -> Bool {
        let isActive = try? await channel.eventLoop.submit { channel.isActive }.get()
        return isActive ?? false
    }
}

/// The user at the other end of a Unix socket, according to the kernel.
private enum PeerCredentials {
    /// Also true if the system offers no such call: the modes of directory and socket protect it
    /// too.
    static func isOwnUser(of channel: any Channel) -> Bool {
        #if os(Linux)
            guard let provider = channel as? any SocketOptionProvider else { return false }
            // On the loop, and answered from the descriptor at once.
            var isOwn = false
            let future: EventLoopFuture<PeerIdentity> = provider.unsafeGetSocketOption(
                level: .socket, name: .init(rawValue: SO_PEERCRED))
            future.assumeIsolated().whenSuccess {
                isOwn = PeerIdentity.isTrusted($0.userID, by: geteuid())
            }
            return isOwn
        #else
            return true
        #endif
    }
}
