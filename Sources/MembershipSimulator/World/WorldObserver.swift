package import MembershipCore
package import MembershipWire

/// Observes a run without changing it: a checker, a measurement, a transcript.
///
/// Called for each event, in the order of the run. `world` is the world just after the event.
package protocol WorldObserver {
    mutating func observe(_ event: WorldEvent, at time: WorldInstant, in world: World)
}

/// The events of a run that are visible from outside.
package enum WorldEvent: Sendable {
    case action(Action)
    /// A process began; `boot` counts the starts of this host from 1.
    case started(host: Int, boot: Int)
    case stopped(host: Int)
    case noticed(host: Int, Notice)
    /// From now on this host holds the keyset of this version.
    case holdsKeyset(host: Int, version: UInt32)
    /// The codec refuses a message of this host, or changes it.
    case misspoke(host: Int, String)
    /// Passed to the network; only if `WorldOptions.showsTraffic`.
    case sent(from: Int, to: Int?, Datagram)
    case wrote(from: Int, to: Int?, StreamMessage)
}

/// Sees nothing: for runs that are judged by their end.
package struct Nobody: WorldObserver {
    package init() {}
    package func observe(_ event: WorldEvent, at time: WorldInstant, in world: World) {}
}

/// Two observers, one after the other; nest it for more.
package struct Both<First: WorldObserver, Second: WorldObserver>: WorldObserver {
    package var first: First
    package var second: Second

    package init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        first.observe(event, at: time, in: world)
        second.observe(event, at: time, in: world)
    }
}

/// An observer that may be absent.
extension Optional: WorldObserver where Wrapped: WorldObserver {
    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        self?.observe(event, at: time, in: world)
    }
}

extension Both: Sendable where First: Sendable, Second: Sendable {}
