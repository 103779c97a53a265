import Membership
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// One node of a demo other than the prompt's: its identity over all lives, and its present life.
///
/// Each life has a separate thread, so that one can be stopped without the others.
struct DemoMember: Sendable {
    let name: NodeAlias
    let identity = KeptIdentity()
    let faults: NetworkFaults
    private let lifelines: Bool
    /// Its address now or in its last life. The next life tries to listen there too.
    private(set) var address: Endpoint?
    /// nil: killed, or not yet started.
    private(set) var life: Life?
    private(set) var freeze: Freeze?

    /// A cluster that runs, and its thread.
    struct Life: Sendable {
        let cluster: Cluster
        let thread: MultiThreadedEventLoopGroup
    }

    init(name: NodeAlias, seed: UInt64, lifelines: Bool = true) {
        self.name = name
        self.lifelines = lifelines
        faults = NetworkFaults(seed: seed)
    }

    /// The configuration of a life at its start.
    func configuration(
        key: SharedClusterKey, profile: ClusterConfiguration.Profile
    ) -> ClusterConfiguration {
        var configuration = ClusterConfiguration(
            name: name, bind: address ?? Endpoint(.v4(0x7F00_0001), port: 0), key: .generated(key))
        configuration.profile = profile
        configuration.lifelines = lifelines
        configuration.keptIdentity = identity
        return configuration
    }

    mutating func begin(_ life: Life) {
        self.life = life
        address = life.cluster.localMember.endpoint
    }

    /// Removes the life and returns it; the caller ends it. A paused life wakes in order to end.
    mutating func takeLife() -> Life? {
        thaw()
        return life.take()
    }

    /// Stops the thread, like a stopped process: its sockets fill, its timers are late.
    mutating func stop(at now: ContinuousClock.Instant = .now) -> Freeze? {
        guard freeze == nil, let life else { return nil }
        freeze = Freeze(of: life.thread, since: now)
        return freeze
    }

    /// The time for which it was stopped; nil if it was not.
    @discardableResult
    mutating func thaw(at now: ContinuousClock.Instant = .now) -> Duration? {
        guard let freeze = freeze.take() else { return nil }
        freeze.end()
        return now - freeze.since
    }
}

extension DemoMember.Life {
    /// Starts; on any port if that of `configuration` was taken meanwhile.
    static func begin(
        _ configuration: ClusterConfiguration, faults: NetworkFaults
    ) async throws(ClusterError) -> DemoMember.Life {
        let thread = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = configuration
        do throws(ClusterError) {
            do throws(ClusterError) {
                return try await begin(configuration, faults, on: thread)
            } catch {
                guard error.isPortTaken else { throw error }
                configuration.bind = Endpoint(configuration.bind.address, port: 0)
                return try await begin(configuration, faults, on: thread)
            }
        } catch {
            try? await thread.shutdownGracefully()
            throw error
        }
    }

    private static func begin(
        _ configuration: ClusterConfiguration, _ faults: NetworkFaults,
        on thread: MultiThreadedEventLoopGroup
    ) async throws(ClusterError) -> DemoMember.Life {
        let cluster = Cluster(
            configuration: configuration, eventLoopGroup: thread, faults: faults)
        try await cluster.start()
        return DemoMember.Life(cluster: cluster, thread: thread)
    }

    /// Ends like a crash: the sockets are closed without a goodbye.
    func end() async {
        await cluster.abandon()
        try? await thread.shutdownGracefully()
    }
}

/// Keeps a thread stopped until it is released.
final class Freeze: Sendable {
    let since: ContinuousClock.Instant
    private let gate = ConditionLock(value: false)

    init(of thread: MultiThreadedEventLoopGroup, since: ContinuousClock.Instant) {
        self.since = since
        thread.next().execute { [gate] in
            gate.lock(whenValue: true)
            gate.unlock()
        }
    }

    func end() {
        gate.lock()
        gate.unlock(withValue: true)
    }
}
