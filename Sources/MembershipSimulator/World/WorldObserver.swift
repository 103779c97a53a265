package import MembershipCore
package import MembershipWire

/// Watches a run without touching it: a checker, a measurement, a transcript.
///
/// Called as things happen, in the order of the run. `world` is the world just after.
package protocol WorldObserver {
    mutating func observe(_ event: WorldEvent, at time: WorldInstant, in world: World)
}

/// What can be seen of a run from outside.
package enum WorldEvent: Sendable {
    case action(Action)
    /// A process began; `boot` counts the starts of this host from 1.
    case started(host: Int, boot: Int)
    case stopped(host: Int)
    case noticed(host: Int, Notice)
    /// From now on this host holds the keyset of this version.
    case holdsKeyset(host: Int, version: UInt32)
    /// The codec refuses what this host wanted to send, or makes something else of it.
    case misspoke(host: Int, String)
    /// Handed to the network; only where `WorldOptions.showsTraffic`.
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

/// An observer that is there only where it is wanted.
extension Optional: WorldObserver where Wrapped: WorldObserver {
    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        self?.observe(event, at: time, in: world)
    }
}

extension Both: Sendable where First: Sendable, Second: Sendable {}
