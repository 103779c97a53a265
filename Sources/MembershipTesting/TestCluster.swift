public import Membership
import Synchronization

/// Real clusters on loopback, for a test: `withTestCluster` starts and ends them.
///
/// The nodes are numbered from 0, and called `n0`, `n1` and so on. Each has sockets on free ports of
/// 127.0.0.1, and shares a key with the others that never leaves the process. Nothing is on disk.
///
/// A number that no node has, or a node that cannot take a step because it does not run, is a mistake
/// in the test and traps.
public final class TestCluster: Sendable {
    /// The numbers of nodes that a test cluster may have.
    public static let sizes = 1...64

    private let state: Mutex<State>

    fileprivate struct State: Sendable {
        var nodes: [Node]
        /// Each node's side of the split; the same number everywhere: the network is whole.
        var sides: [Int]
    }

    fileprivate struct Node: Sendable {
        var configuration: ClusterConfiguration
        let faults: NetworkFaults
        /// Its present life, or the last one.
        var cluster: Cluster
        var isRunning = false

        init(_ configuration: ClusterConfiguration, seed: UInt64) {
            self.configuration = configuration
            faults = NetworkFaults(seed: seed)
            cluster = Cluster(configuration: configuration, faults: faults)
        }
    }

    fileprivate init(_ configurations: [ClusterConfiguration]) {
        let nodes = zip(configurations, 1...).map { Node($0, seed: UInt64($1)) }
        state = Mutex(State(nodes: nodes, sides: nodes.map { _ in 0 }))
    }

    /// The number of nodes, killed ones included.
    public var count: Int { state.withLock(\.nodes.count) }

    /// The present cluster of a node; of a killed node the one that was killed.
    public subscript(node: Int) -> Cluster {
        state.withLock { $0.nodes[checked(node, $0)].cluster }
    }

    // MARK: Steps of a test

    /// Ends a node without a goodbye, like a crash of its process. Returns when its sockets are
    /// closed; the others do not know it yet: see `converge`.
    public func kill(_ node: Int) async {
        let cluster = state.withLock { state in
            precondition(state.nodes[checked(node, state)].isRunning, "node \(node) does not run")
            state.nodes[node].isRunning = false
            return state.nodes[node].cluster
        }
        await cluster.abandon()
    }

    /// Starts a killed node again, with its name and identity, on its old port if that is free. It
    /// joins the first running node on its side of a split.
    ///
    /// - Throws: as `Cluster.start` and `Cluster.join`.
    public func restart(_ node: Int) async throws(ClusterError) {
        let (old, faults) = state.withLock { state in
            precondition(!state.nodes[checked(node, state)].isRunning, "node \(node) runs already")
            return (state.nodes[node], state.nodes[node].faults)
        }
        var configuration = old.configuration
        configuration.bind = old.cluster.localMember.endpoint
        var cluster = Cluster(configuration: configuration, faults: faults)
        do throws(ClusterError) {
            try await cluster.start()
        } catch {
            guard case .cannotListen = error else { throw error }
            cluster = Cluster(configuration: old.configuration, faults: faults)
            try await cluster.start()
        }
        let seed = state.withLock { state in
            state.nodes[node].cluster = cluster
            state.nodes[node].isRunning = true
            state.applySides()
            return state.peers(of: node).first { $0 != node }.map { state.nodes[$0].cluster }
        }
        guard let seed else { return }
        _ = try await cluster.join([HostAndPort(seed.localMember.endpoint)])
    }

    /// Splits the network: from now on no datagram and no byte of a stream passes between nodes of two
    /// sides. Nodes that no side names are a further side. A connection that is open is not closed,
    /// just as by a real split: its bytes arrive after `heal`. Replaces an earlier split.
    ///
    /// A node that is cut off from three others or more and hears none at all takes its own link for
    /// broken, and declares no other dead for 30 s. A side of two nodes knows sooner.
    public func partition(_ sides: [Int]...) async {
        state.withLock { state in
            var side = state.nodes.map { _ in 0 }
            for (number, nodes) in zip(1..., sides) {
                for node in nodes {
                    precondition(side[checked(node, state)] == 0, "node \(node) is on two sides")
                    side[node] = number
                }
            }
            state.sides = side
            state.applySides()
        }
    }

    /// Ends the split, and the loss of datagrams.
    public func heal() async {
        state.withLock { state in
            state.sides = state.sides.map { _ in 0 }
            state.applySides()
            for node in state.nodes { node.faults.lose(percent: 0) }
        }
    }

    /// From now on this percentage of all datagrams is lost, drawn from fixed seeds.
    ///
    /// - Parameter percent: 0 to 100; values beyond count as the nearest.
    public func lose(percent: Int) async {
        state.withLock { state in
            for node in state.nodes { node.faults.lose(percent: percent) }
        }
    }

    /// Waits until every running node knows exactly the running nodes of its side as living, and
    /// agrees with them.
    ///
    /// - Parameter limit: how long to wait. A killed node is known in a fraction of a second; without
    ///   lifelines after the tolerance and about a second, and so is a split.
    /// - Throws: `.timedOut` with the view of one node that does not, `.cancelled`, `.notRunning` if a
    ///   node has stopped by itself.
    public func converge(within limit: Duration = .seconds(60)) async throws(ClusterError) {
        let goals = state.withLock { state in
            state.nodes.indices.filter { state.nodes[$0].isRunning }.map { node in
                (
                    state.nodes[node].cluster,
                    Set(state.peers(of: node).map { state.nodes[$0].cluster.localMember.id })
                )
            }
        }
        let failure = await withTaskGroup(of: ClusterError?.self) { group in
            for (cluster, living) in goals {
                group.addTask {
                    do throws(ClusterError) {
                        try await cluster.waitUntil(within: limit) { view in
                            view.isAgreed && Set(view.living.map(\.id)) == living
                        }
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            var first: ClusterError?
            for await failure in group where first == nil && failure != nil {
                first = failure
                group.cancelAll()
            }
            return first
        }
        if let failure { throw failure }
    }

    // MARK: Life

    /// Starts all nodes, and lets the others join the first.
    fileprivate func form(within limit: Duration) async throws(ClusterError) {
        for node in 0..<count {
            try await self[node].start()
            state.withLock { $0.nodes[node].isRunning = true }
        }
        let seed = HostAndPort(self[0].localMember.endpoint)
        let others = (1..<count).map { self[$0] }
        let failure = await withTaskGroup(of: ClusterError?.self) { group in
            for cluster in others {
                group.addTask {
                    do throws(ClusterError) {
                        _ = try await cluster.join([seed])
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
        try await converge(within: limit)
    }

    /// Ends all nodes at once, without goodbyes. Returns when all sockets are closed.
    fileprivate func end() async {
        let clusters = state.withLock { state in
            for node in state.nodes.indices { state.nodes[node].isRunning = false }
            return state.nodes.map(\.cluster)
        }
        await withTaskGroup { group in
            for cluster in clusters { group.addTask { await cluster.abandon() } }
        }
    }

    private func checked(_ node: Int, _ state: borrowing State) -> Int {
        precondition(
            state.nodes.indices.contains(node),
            "there is no node \(node): there are 0 to \(state.nodes.count - 1)")
        return node
    }
}

extension TestCluster.State {
    /// The running nodes on the side of a node, that one included.
    fileprivate func peers(of node: Int) -> [Int] {
        nodes.indices.filter { nodes[$0].isRunning && sides[$0] == sides[node] }
    }

    /// Makes the other sides unreachable, at each node.
    fileprivate func applySides() {
        for node in nodes.indices {
            let others = nodes.indices.filter { sides[$0] != sides[node] }
            nodes[node].faults.block(Set(others.map { nodes[$0].cluster.localMember.endpoint }))
        }
    }
}

/// Runs a test with real clusters on loopback, which have formed one cluster before `body` begins, and
/// ends them however `body` ends.
///
/// ```swift
/// try await withTestCluster(nodes: 3) { c in
///     await c.kill(1)
///     try await c.converge()
///     await c.partition([0], [2])
///     try await c.converge()
///     await c.heal()
///     try await c.converge()
/// }
/// ```
/// The nodes run on the shared event loops of NIO. To be quick they have the profile `local`, a
/// tolerance of 500 ms and lifelines; a machine with too much to do may pause for longer than that, and
/// then members are declared dead and come back.
///
/// - Parameters:
///   - nodes: how many, 1 to 64.
///   - limit: how long the clusters may take to become one. The time of `body` has no limit.
///   - configure: changes the configuration of a node by its number. If it sets `bind`, it should
///     keep port 0.
///   - isolation: the actor of the caller, on which `body` runs.
///   - body: the test.
/// - Throws: as `Cluster.start` and `Cluster.join`, `.timedOut` if the views do not agree in time, and
///   what `body` throws.
public func withTestCluster<Result: Sendable>(
    nodes: Int, within limit: Duration = .seconds(60),
    configure: (_ node: Int, inout ClusterConfiguration) -> Void = { _, _ in },
    isolation: isolated (any Actor)? = #isolation,
    _ body: (TestCluster) async throws -> Result
) async throws -> Result {
    precondition(
        TestCluster.sizes.contains(nodes), "a test cluster of \(nodes) nodes: 1 to 64 are possible")
    let key = SharedClusterKey()
    let configurations = (0..<nodes).map { node in
        var configuration = ClusterConfiguration(
            name: try? NodeAlias(parsing: "n\(node)"), clusterName: "test",
            bind: Endpoint(.v4(0x7F00_0001), port: 0), key: .generated(key))
        configuration.profile = .local
        configuration.tolerance = .milliseconds(500)
        configuration.lifelines = true
        configuration.keptIdentity = KeptIdentity()
        configure(node, &configuration)
        return configuration
    }
    let cluster = TestCluster(configurations)
    do {
        try await cluster.form(within: limit)
        let result = try await body(cluster)
        await cluster.end()
        return result
    } catch {
        await cluster.end()
        throw error
    }
}
