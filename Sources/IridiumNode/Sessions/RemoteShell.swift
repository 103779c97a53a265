package import IridiumShell
package import IridiumVM
import Logging
package import Membership
import NIOCore
import NIOPosix
package import SystemPackage

/// The REPL over TCP: one line is one request, its answer ends with a line end and the prompt.
///
/// It is off unless the user asked for it, and then on loopback: the connection is neither
/// encrypted nor authenticated. So a connection has a separate machine, may look at the cluster,
/// and controls nothing; the session refuses everything else (`ShellOptions.remote`). Bounds:
/// `mostConnections`, `longestLine`, `idle`, `machineBounds`; the session bounds the instructions of
/// a line, its labels and its history.
package final class RemoteShell: Sendable {
    package static let mostConnections = 32
    package static let longestLine = 8_192
    /// A connection has shown nothing, so its machine is small: 32 of them keep below 64 MiB.
    package static let machineBounds = MachineBounds(
        heapBytes: 1 << 20, stackEntries: 16_384, programBytes: 64 << 10)
    /// A connection that neither sends nor takes anything for this long is closed.
    static let idle = TimeAmount.minutes(10)

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// The address with the real port.
    package let endpoint: Endpoint
    private let listener: any Channel
    private let serving: Task<Void, Never>

    private init(endpoint: Endpoint, listener: any Channel, serving: Task<Void, Never>) {
        self.endpoint = endpoint
        self.listener = listener
        self.serving = serving
    }

    /// Listens; fails with the system's errno.
    package static func start(
        at endpoint: Endpoint, node: Node
    ) async throws(Errno) -> RemoteShell {
        do {
            let server = try await ServerBootstrap(group: node.eventLoops)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptPause())
                    }
                }
                .serverChannelOption(.backlog, value: 16)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: "\(endpoint.address)", port: Int(endpoint.port)) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            IdleStateHandler(allTimeout: idle), IdleCloser())
                        return try Connection(wrappingChannelSynchronously: channel)
                    }
                }
            let port = server.channel.localAddress?.port.flatMap { UInt16(exactly: $0) }
            let actual = Endpoint(endpoint.address, port: port ?? endpoint.port)
            let serving = Task { await serve(server, node: node) }
            return RemoteShell(endpoint: actual, listener: server.channel, serving: serving)
        } catch {
            throw Errno(rawValue: (error as? IOError)?.errnoCode ?? 0)
        }
    }

    /// Starts the remote shell of a node; nil if its settings name none.
    package static func start(of node: Node) async throws(IridiumError) -> RemoteShell? {
        guard let endpoint = node.settings.remoteShell else { return nil }
        do throws(Errno) {
            return try await start(at: endpoint, node: node)
        } catch {
            throw ListenFailure.words(
                for: endpoint, transport: "tcp", purpose: .remotePrompt, error: error)
        }
    }

    /// Closes all connections.
    package func stop() async {
        serving.cancel()
        try? await listener.close().get()
        await serving.value
    }

    private static func serve(
        _ server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>, node: Node
    ) async {
        let seats = Seats(most: mostConnections)
        try? await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    let isWelcome = seats.take()
                    group.addTask {
                        // A broken connection is not a reason to end the others.
                        try? await connection.executeThenClose { lines, answers in
                            if isWelcome {
                                try await converse(lines, answers, node: node)
                            } else {
                                try await answers.write(
                                    ByteBuffer(string: "Too many connections; come back later.\n"))
                            }
                        }
                        if isWelcome { seats.free() }
                    }
                }
            }
        }
    }

    private static func converse(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, node: Node
    ) async throws {
        var session = ShellSession(
            machine: Machine(id: MachineID.random(), bounds: machineBounds),
            options: .remote)
        let driver = SessionDriver(node: node, interruption: Interruption(), programs: { _ in })
        var splitter = LineSplitter(limit: longestLine)
        try await outbound.write(ByteBuffer(string: Banner.welcome + ShellSession.prompt))
        for try await buffer in inbound {
            let lines: [[UInt8]]
            do throws(LineSplitter.TooLong) {
                lines = try splitter.feed(buffer.readableBytesView)
            } catch {
                let text = "A line has at most \(error.limit) bytes. Goodbye.\n"
                try await outbound.write(ByteBuffer(string: text))
                return
            }
            for line in lines {
                var answer = ""
                let text = String(decoding: line, as: UTF8.self)
                let next = await driver.submit(text, to: &session) { answer += $0 }
                guard next == .nextLine else {
                    try await outbound.write(ByteBuffer(string: answer))
                    return
                }
                if let last = answer.last, last != "\n" { answer += "\n" }
                try await outbound.write(ByteBuffer(string: answer + ShellSession.prompt))
            }
        }
    }
}

/// Closes an idle connection.
private final class IdleCloser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
