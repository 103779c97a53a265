import Membership
import Testing

/// Everything that opens sockets, one test after the other: clusters that all want the same two
/// processors at the same moment would learn about the machine and not about each other.
@Suite(.serialized)
enum `On loopback` {}

/// A little world on loopback: clusters that share a key, on ports that the system chose.
struct World {
    let key = SharedClusterKey()
    let clusterName = "test"
    /// Long, so that a machine with too much to do does not bury the living; nil: the profile's.
    var tolerance: Duration? = .seconds(30)

    func configuration(
        _ name: String? = nil, bind: Endpoint = .anyLoopbackPort
    ) throws -> ClusterConfiguration {
        var configuration = ClusterConfiguration(
            name: try name.map { try NodeAlias(parsing: $0) }, clusterName: clusterName,
            bind: bind, key: .generated(key))
        configuration.profile = .local
        configuration.tolerance = tolerance
        return configuration
    }

    /// Started, a cluster of one.
    func start(_ name: String, bind: Endpoint = .anyLoopbackPort) async throws -> Cluster {
        let cluster = Cluster(configuration: try configuration(name, bind: bind))
        try await cluster.start()
        return cluster
    }

    /// Started, and joined by way of the first.
    func start(_ names: [String]) async throws -> [Cluster] {
        var clusters: [Cluster] = []
        for name in names {
            let cluster = try await start(name)
            if let first = clusters.first { _ = try await cluster.join([first.seed]) }
            clusters.append(cluster)
        }
        return clusters
    }

    /// Members with much metadata, joined at the same time; they ask until they are let in.
    func startAtOnce(_ numbers: Range<Int>, seed: HostAndPort) async throws -> [Cluster] {
        try await withThrowingTaskGroup { group in
            for number in numbers {
                group.addTask {
                    var configuration = try configuration("m\(number)")
                    configuration.metadata = Array(
                        repeating: UInt8(truncatingIfNeeded: number), count: 512)
                    configuration.seeds = [seed]
                    let member = Cluster(configuration: configuration)
                    try await member.start()
                    await member.waitFor { $0.contains { !$0.isSelf && $0.state == .alive } }
                    return member
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}

extension Endpoint {
    static let anyLoopbackPort = Endpoint(.v4(0x7F00_0001), port: 0)
    static let anyLoopback6Port = Endpoint(.v6(0, 1), port: 0)
}

extension Cluster {
    /// How others are told to call this one.
    var seed: HostAndPort { HostAndPort(localMember.endpoint) }

    func member(_ name: String) -> Member? { members.first { $0.name.text == name } }

    /// Waits until the members satisfy the condition; nil if the cluster stops before.
    @discardableResult
    func waitFor(
        _ condition: @Sendable ([Member]) -> Bool
    ) async -> [Member]? {
        for await _ in events where condition(members) { return members }
        return nil
    }

    /// Waits until a member of that name is in that state.
    @discardableResult
    func waitFor(_ name: String, _ state: MemberState) async -> Member? {
        await waitFor { $0.contains { $0.name.text == name && $0.state == state } }?
            .first { $0.name.text == name && $0.state == state }
    }
}

extension [Cluster] {
    func leave() async {
        await withTaskGroup { group in
            for cluster in self { group.addTask { await cluster.leave() } }
        }
    }
}
