import Membership
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// One node of a demo beside the prompt's: who it is in all its lives, and the present one.
///
/// Each life has a thread of its own, so that one can be stopped without the others.
struct DemoMember: Sendable {
    let name: NodeAlias
    let identity = KeptIdentity()
    let faults: NetworkFaults
    /// Where it listens, or did in its last life: the next one tries to listen there too.
    private(set) var address: Endpoint?
    /// nil: killed, or not yet started.
    private(set) var life: Life?
    private(set) var freeze: Freeze?

    /// A cluster that runs, and its thread.
    struct Life: Sendable {
        let cluster: Cluster
        let thread: MultiThreadedEventLoopGroup
    }

    init(name: NodeAlias, seed: UInt64) {
        self.name = name
        faults = NetworkFaults(seed: seed)
    }

    /// What it would be told at the start of a life.
    func configuration(
        key: SharedClusterKey, profile: ClusterConfiguration.Profile
    ) -> ClusterConfiguration {
        var configuration = ClusterConfiguration(
            name: name, bind: address ?? Endpoint(.v4(0x7F00_0001), port: 0), key: .generated(key))
        configuration.profile = profile
        configuration.keptIdentity = identity
        return configuration
    }

    mutating func begin(_ life: Life) {
        self.life = life
        address = life.cluster.localMember.endpoint
    }

    /// Takes the life away; whoever gets it ends it. A paused one wakes, to be ended.
    mutating func takeLife() -> Life? {
        thaw()
        return life.take()
    }

    /// Stops the thread, as a stopped process is: its sockets fill, its timers are late.
    mutating func stop(at now: ContinuousClock.Instant = .now) -> Freeze? {
        guard freeze == nil, let life else { return nil }
        freeze = Freeze(of: life.thread, since: now)
        return freeze
    }

    /// How long it was stopped; nil if it was not.
    @discardableResult
    mutating func thaw(at now: ContinuousClock.Instant = .now) -> Duration? {
        guard let freeze = freeze.take() else { return nil }
        freeze.end()
        return now - freeze.since
    }
}

extension DemoMember.Life {
    /// Starts; on any port where the one of `configuration` was taken meanwhile.
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

    /// As a crash: the sockets are closed and nobody is told.
    func end() async {
        await cluster.abandon()
        try? await thread.shutdownGracefully()
    }
}

/// A thread that stands still until it is told to go on.
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
