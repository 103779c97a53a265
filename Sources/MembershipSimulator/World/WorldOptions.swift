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
    /// How often a shell looks whether a seed is alive in its view.
    package var seedCheck: Duration = .seconds(1)
    /// How wrong the wall clocks of the hosts are at most. Nil: no host has one.
    package var wallClockError: Duration? = .milliseconds(10)
    /// Whether messages travel as values or as the bytes a socket would see.
    package var fidelity = Fidelity.values
    /// Whether observers see every message. Slow.
    package var showsTraffic = false

    package init(configuration: CoreConfiguration = .lan) { self.configuration = configuration }
}

/// How close to the real thing a message is on its way.
package enum Fidelity: Hashable, Sendable {
    /// The value itself. Quick: for large worlds.
    case values
    /// Encoded where it is sent and decoded where it arrives; what the codec refuses is noticed.
    case encoded
    /// As on a socket: sealed and opened by the real gate, signed by real keys. For small worlds;
    /// and one that has begun must not be copied, for two worlds would share replay windows.
    case sealed
}
