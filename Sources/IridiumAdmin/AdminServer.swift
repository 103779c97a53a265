package import IridiumNode
package import Membership
import NIOCore
import NIOHTTP1
import NIOPosix
package import SystemPackage

/// HTTP for people who run nodes: metrics, JSON, health and events, all of them to be read only.
///
/// It has a separate event loop, so that neither a flood of requests nor a slow reader can delay
/// the node's. Bounds: `mostConnections`, `mostReaders` of events, `longestHead`, `patience` for a
/// request, no bodies. Specs/Shell.md, "HTTP".
package final class AdminServer: Sendable {
    package static let usualPort: UInt16 = 2265
    package static let mostConnections = 64
    /// Connections that follow the events; they are part of `mostConnections`.
    package static let mostReaders = 8
    /// Request line and header fields, in bytes.
    package static let longestHead = 8_192
    /// For a request to arrive whole, and between two of one connection.
    static let patience = TimeAmount.seconds(5)

    /// Where it listens; the real port.
    package let endpoint: Endpoint
    private let listener: any Channel
    private let loops: MultiThreadedEventLoopGroup
    private let counting: Task<Void, Never>
    private let token: AdminToken

    private init(
        endpoint: Endpoint, listener: any Channel, loops: MultiThreadedEventLoopGroup,
        counting: Task<Void, Never>, token: AdminToken
    ) {
        self.token = token
        self.endpoint = endpoint
        self.listener = listener
        self.loops = loops
        self.counting = counting
    }

    /// Listens; fails with the errno of the system.
    ///
    /// - Parameter token: what a client must send as `Authorization: Bearer`; nil: nothing.
    package static func start(
        at endpoint: Endpoint, token: [UInt8]?, node: Node
    ) async throws(Errno) -> AdminServer {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = Seats(most: mostConnections)
        let changes = SeenChanges()
        let token = AdminToken(token)
        let router = AdminRouter(
            node: node, token: token, readers: Seats(most: mostReaders), changes: changes,
            port: endpoint.port)
        do {
            let listener = try await ServerBootstrap(group: loops)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptPause())
                    }
                }
                .serverChannelOption(.backlog, value: 64)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    guard connections.take() else { return channel.close() }
                    channel.closeFuture.whenComplete { _ in connections.free() }
                    return channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(HeadLimit(bytes: longestHead))
                        try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                        try pipeline.addHandler(AdminConnection(router: router))
                    }
                }
                .bind(host: "\(endpoint.address)", port: Int(endpoint.port)).get()
            let port = listener.localAddress?.port.flatMap { UInt16(exactly: $0) }
            return AdminServer(
                endpoint: Endpoint(endpoint.address, port: port ?? endpoint.port),
                listener: listener, loops: loops,
                counting: Task { await changes.follow(node) }, token: token)
        } catch {
            try? await loops.shutdownGracefully()
            throw Errno(rawValue: (error as? IOError)?.errnoCode ?? 0)
        }
    }

    /// Asks requests from now on for another token. Returns whether it is another. A server that
    /// needs none, or needs one, stays so.
    package func replaceToken(by new: [UInt8]?) -> Bool { token.replace(by: new) }

    /// Closes all connections.
    package func stop() async {
        counting.cancel()
        try? await listener.close().get()
        try? await loops.shutdownGracefully()
    }
}
