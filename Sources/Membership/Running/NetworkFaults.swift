internal import MembershipCore
import MembershipWire
import Synchronization

/// Network faults on request, for one member: its packets to some addresses never arrive, and a
/// share of the others is lost.
///
/// The sockets are real and unaware of the faults; lost packets are never given to them. Faults act
/// on the sender's side alone. So a split needs faults on both sides, and a link that is broken in
/// one direction needs them on one. A member without faults pays one comparison per datagram.
package final class NetworkFaults: Sendable {
    private let state: Mutex<State>

    private struct State: Sendable {
        var blocked: Set<Endpoint> = []
        var lossPercent = 0
        /// A separate source, so that losses replay from a seed.
        var random: RandomSource
    }

    /// A network without faults. Later losses are drawn from `seed`.
    package init(seed: UInt64) { state = Mutex(State(random: RandomSource(seed: seed))) }

    /// From now on exactly these addresses are out of reach. Streams that are open stay so, and pass no
    /// bytes: see `SplitStream`.
    package func block(_ endpoints: Set<Endpoint>) { state.withLock { $0.blocked = endpoints } }

    /// From now on this percentage of all datagrams is lost, 0 to 100. Streams are not affected,
    /// because they repeat lost packets.
    package func lose(percent: Int) {
        state.withLock { $0.lossPercent = min(max(percent, 0), 100) }
    }

    /// Whether a stream to that address cannot be opened.
    func blocks(_ endpoint: Endpoint) -> Bool {
        state.withLock { $0.blocked.contains(endpoint) }
    }

    /// Whether the next datagram to that address is lost.
    func swallows(_ endpoint: Endpoint) -> Bool {
        state.withLock { state in
            guard !state.blocked.contains(endpoint) else { return true }
            guard state.lossPercent > 0 else { return false }
            return state.random.chance(state.lossPercent, in: 100)
        }
    }
}
