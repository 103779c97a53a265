import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Membership

/// One process of the service, here one of several in a process: a gRPC server and a member.
///
/// It leaves the cluster before it stops its server: when `leave` returns, the clients know it. The server still
/// answers the calls that are under way.
struct Instance: Sendable {
    let name: NodeAlias
    let cluster: Cluster
    private let server: GRPCServer<HTTP2ServerTransport.Posix>

    init(_ name: NodeAlias, key: SharedClusterKey, seed: Membership.Endpoint?) {
        self.name = name
        var configuration = ClusterConfiguration(
            name: name, bind: "127.0.0.1:0", key: .generated(key))
        configuration.seeds = seed.map { [HostAndPort($0)] } ?? []
        cluster = Cluster(configuration: configuration)
        server = GRPCServer(
            transport: .http2NIOPosix(
                address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext),
            services: [WhoService(name: name)])
    }

    /// Serves and is a member, until `stop`.
    func run() async throws {
        try await cluster.start()
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.serve() }
            let address = try await server.listeningAddress
            try await cluster.setTags(["grpc": "\(address?.ipv4?.port ?? 0)"])
            try await group.waitForAll()
        }
    }

    func stop() async {
        await cluster.leave()
        server.beginGracefulShutdown()
    }
}

/// `example.Who/Name` answers with the name of the member. A real service has generated code here.
struct WhoService: RegistrableRPCService {
    static let method = MethodDescriptor(fullyQualifiedService: "example.Who", method: "Name")

    let name: NodeAlias

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: Self.method, deserializer: Text(), serializer: Text()
        ) { request, _ in
            for try await _ in request.messages {}
            return StreamingServerResponse(
                single: ServerResponse(message: name.text))
        }
    }
}

/// Messages that are plain text.
struct Text: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: String) -> Bytes { Bytes(message.utf8) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> String {
        bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
