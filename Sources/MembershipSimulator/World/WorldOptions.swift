package import MembershipCore

/// The properties of a world, apart from its faults. With the seed they decide the whole run.
package struct WorldOptions: Sendable {
    package var configuration: CoreConfiguration
    package var latency: LatencyDistribution = .lan
    package var loss = Probability.never
    /// The greatest delay of a timer.
    package var timerLateness: Duration = .microseconds(200)
    /// The number of datagrams that the socket of a process holds until they are read.
    package var socketQueue = 1_024
    /// The interval at which a shell checks whether a seed is alive in its view.
    package var seedCheck: Duration = .seconds(1)
    /// The greatest error of the hosts' wall clocks. nil: no host has one.
    package var wallClockError: Duration? = .milliseconds(10)
    /// Whether messages travel as values or as bytes of a socket.
    package var fidelity = Fidelity.values
    /// Whether observers see every message. Slow.
    package var showsTraffic = false

    package init(configuration: CoreConfiguration = .lan) { self.configuration = configuration }
}

/// How closely a message on its way resembles the real one.
package enum Fidelity: Hashable, Sendable {
    /// The value itself. Quick: for large worlds.
    case values
    /// Encoded by the sender and decoded by the receiver; a refusal of the codec is noticed.
    case encoded
    /// As on a socket: sealed and opened by the real gate, signed by real keys. For small worlds.
    /// After its start such a world must not be copied, because two worlds would share replay
    /// windows.
    case sealed
}
