import GRPCCore
import GRPCNIOTransportHTTP2Posix
import MemberResolver
import Membership
import MembershipTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct `A resolver of members` {
    private let cluster = ScriptedCluster("client")
    private let resolver: NameResolver

    init() throws {
        var resolvers = NameResolverRegistry.defaults
        resolvers.registerFactory(MemberResolver(cluster))
        resolver = try #require(resolvers.makeResolver(for: ServingMembers()))
    }

    /// The next addresses that a client gets.
    private func next(
        _ names: inout RPCAsyncSequence<NameResolutionResult, any Error>.AsyncIterator
    ) async throws -> [String] {
        let result = try #require(try await names.next())
        #expect(try result.serviceConfig?.get().loadBalancingConfig == [.roundRobin])
        return result.endpoints.map { $0.addresses.map(\.description).joined(separator: " ") }
    }

    @Test func `names the living members that state a port`() async throws {
        cluster.join("a", at: "10.0.0.7:2254", tags: ["grpc": "50051"])
        cluster.join("b", at: "[fd00::7]:2254", tags: ["grpc": "50052"])
        cluster.join("c", tags: ["role": "db"])
        for port in ["", "0", "65536", "x"] {
            cluster.join(try NodeAlias(parsing: "d\(port)"), tags: ["grpc": port])
        }
        cluster.join("e", tags: ["grpc": "50051"])
        cluster.fail("e")
        var names = resolver.names.makeAsyncIterator()
        #expect(
            try await next(&names) == ["[ipv4]10.0.0.7:50051", "[ipv6]fd00::7:50052"])
    }

    @Test func `follows arrivals, farewells, deaths and new ports, and keeps a suspect`()
        async throws
    {
        cluster.join("a", at: "10.0.0.1:2254", tags: ["grpc": "1"])
        var names = resolver.names.makeAsyncIterator()
        #expect(try await next(&names) == ["[ipv4]10.0.0.1:1"])
        cluster.join("b", at: "10.0.0.2:2254", tags: ["grpc": "2"])
        #expect(try await next(&names) == ["[ipv4]10.0.0.1:1", "[ipv4]10.0.0.2:2"])
        cluster.suspect("a")
        cluster.fail("b")
        #expect(try await next(&names) == ["[ipv4]10.0.0.1:1"])
        cluster.join("b", tags: ["grpc": "3"])
        #expect(try await next(&names) == ["[ipv4]10.0.0.1:1", "[ipv4]10.0.0.2:3"])
        cluster.leave("a")
        #expect(try await next(&names) == ["[ipv4]10.0.0.2:3"])
        cluster.update("b", tags: ["grpc": "4"])
        #expect(try await next(&names) == ["[ipv4]10.0.0.2:4"])
    }

    @Test func `says nothing while no member serves, so that a client keeps its addresses`()
        async throws
    {
        cluster.join("a", at: "10.0.0.1:2254", tags: ["grpc": "1"])
        var names = resolver.names.makeAsyncIterator()
        #expect(try await next(&names) == ["[ipv4]10.0.0.1:1"])
        cluster.fail("a")
        cluster.join("b", at: "10.0.0.2:2254", tags: ["grpc": "2"])
        #expect(try await next(&names) == ["[ipv4]10.0.0.2:2"])
    }

    @Test func `ends with the cluster, and is cancelled with its client`() async throws {
        cluster.join("a", tags: ["grpc": "1"])
        let names = resolver.names
        let reading = Task {
            for try await _ in names {}
        }
        try await cluster.settle()
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        await cluster.leave()
        var after = names.makeAsyncIterator()
        while try await after.next() != nil {}
    }
}
