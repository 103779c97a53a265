package import MembershipCore

/// What a world is like, apart from its faults. With the seed it decides the whole run.
package struct WorldOptions: Sendable {
    package var configuration: CoreConfiguration
    package var latency: LatencyDistribution = .lan
    package var loss = Probability.never
    /// How late a timer fires at most.
    package var timerLateness: Duration = .microseconds(200)
    /// How many datagrams the socket of a process that does not read them holds.
    package var socketQueue = 1_024
    /// How long a shell waits before it tries its seeds again.
    package var seedRetry: Duration = .seconds(1)
    /// How often a shell looks whether all its seeds are alive in its view.
    package var seedCheck: Duration = .seconds(10)
    /// Whether observers see every message. Slow.
    package var showsTraffic = false

    package init(configuration: CoreConfiguration = .lan) { self.configuration = configuration }
}
