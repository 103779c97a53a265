import GRPCCore
import GRPCNIOTransportHTTP2Posix
import MemberResolver
import Membership

/// A client calls three members without knowing one address. One of them leaves and another one comes
/// meanwhile: not one call fails, and the calls go to those that are there.
@main
struct GRPCService {
    private struct Failure: Error { let reason: String }

    static func main() async throws {
        let key = SharedClusterKey()
        // The client is a member too, and states no port.
        var configuration = ClusterConfiguration(
            name: "client", bind: "127.0.0.1:0", key: .generated(key))
        configuration.seeds = []
        let cluster = Cluster(configuration: configuration)
        try await cluster.start()
        let seed = cluster.localMember.endpoint

        var resolvers = NameResolverRegistry.defaults
        resolvers.registerFactory(MemberResolver(cluster))
        let transport = try HTTP2ClientTransport.Posix(
            target: ServingMembers(), transportSecurity: .plaintext, resolverRegistry: resolvers)
        let instances = ["north", "east", "south", "west"].map {
            Instance($0, key: key, seed: seed)
        }
        try await withThrowingTaskGroup { group in
            for instance in instances.prefix(3) {
                group.addTask { try await instance.run() }
            }
            try await withGRPCClient(transport: transport) { client in
                try await expectAnswers(of: ["north", "east", "south"], client)
                async let leaving: Void = instances[2].stop()
                async let coming: Void = instances[3].run()
                try await expectAnswers(of: ["north", "east", "west"], client)
                await leaving
                await instances[3].stop()
                try await coming
            }
            for instance in instances.prefix(2) { await instance.stop() }
            try await group.waitForAll()
        }
        await cluster.leave()
        print("done")
    }

    /// Calls until a hundred answers in a row came from these and from no other, and from each.
    private static func expectAnswers(
        of names: Set<String>, _ client: GRPCClient<HTTP2ClientTransport.Posix>
    ) async throws {
        var latest: [String] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while Set(latest) != names || latest.count < 100 {
            guard ContinuousClock.now < deadline else {
                throw Failure(reason: "\(names.sorted()) do not answer alone: \(Set(latest))")
            }
            latest.append(try await who(client))
            if latest.count > 100 { latest.removeFirst() }
        }
        for name in names.sorted() {
            print("\(name) answered \(latest.count { $0 == name }) of \(latest.count)")
        }
    }

    private static func who(
        _ client: GRPCClient<HTTP2ClientTransport.Posix>
    ) async throws -> String {
        var options = CallOptions.defaults
        options.timeout = .seconds(10)
        return try await client.unary(
            request: ClientRequest(message: ""), descriptor: WhoService.method, serializer: Text(),
            deserializer: Text(), options: options
        ) { try $0.message }
    }
}
