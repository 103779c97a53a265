import Hummingbird
import Logging
import Membership
import NIOCore
import ServiceLifecycle
import WorkSharing

/// One process of the service, here one of several in a process: an HTTP server and a member.
///
/// `GET /work/KEY` is answered by the owner of the key, whichever instance was asked.
struct Instance: Sendable {
    let name: NodeAlias
    let cluster: Cluster
    let sharing: WorkSharing
    let group: ServiceGroup
    /// The port of its server, once it listens.
    private let ports: AsyncStream<Int>

    init(_ name: NodeAlias, key: SharedClusterKey, seed: Endpoint?) {
        self.name = name
        var logger = Logger(label: "service")
        logger.logLevel = .warning

        var configuration = ClusterConfiguration(
            name: name, bind: "127.0.0.1:0", key: .generated(key))
        configuration.metadata = WorkSharing.open.metadata
        configuration.seeds = seed.map { [HostAndPort($0)] } ?? []
        let cluster = Cluster(configuration: configuration, logger: logger)
        let sharing = WorkSharing(cluster) { key in
            try await Task.sleep(for: .milliseconds(20))
            return "\(key) by \(name)"
        }

        let router = Router()
        router.get("work/:key") { _, context in
            let key = try context.parameters.require("key")
            do {
                return try await sharing.result(of: key)
            } catch is WorkSharing.Unavailable {
                throw HTTPError(.serviceUnavailable)
            }
        }
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let server = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                listening.yield(channel.localAddress?.port ?? 0)
                listening.finish()
            },
            logger: logger)

        self.cluster = cluster
        self.sharing = sharing
        self.ports = ports
        // A real service adds `gracefulShutdownSignals: [.sigterm]`.
        group = ServiceGroup(
            services: [
                cluster, server, Served(sharing: sharing, cluster: cluster), Drain(sharing),
            ],
            logger: logger)
    }

    /// The port of its server.
    func port() async -> Int {
        for await port in ports { return port }
        return 0
    }
}

/// Serves the work of other members, until all is drained.
private struct Served: Service {
    let sharing: WorkSharing
    let cluster: Cluster

    func run() async throws {
        try await cluster.waitUntil(living: 1)
        try await cancelWhenGracefulShutdown { try await sharing.serve() }
    }
}
