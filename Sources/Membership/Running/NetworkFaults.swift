internal import MembershipCore
import MembershipWire
import Synchronization

/// A network that misbehaves on request, for one member: what it sends to some addresses never
/// arrives, and of the rest a share is lost.
///
/// The sockets are real and know nothing of it; what is to be lost is not given to them. It is asked
/// on the sender's side alone, so a split takes the faults of both sides, and a link that is broken
/// one way the faults of one. Whoever has none pays one comparison a datagram.
package final class NetworkFaults: Sendable {
    private let state: Mutex<State>

    private struct State: Sendable {
        var blocked: Set<Endpoint> = []
        var lossPercent = 0
        /// Its own, so that losses replay from a seed.
        var random: RandomSource
    }

    /// A network without faults. What is lost later is drawn from `seed`.
    package init(seed: UInt64) { state = Mutex(State(random: RandomSource(seed: seed))) }

    /// From now on these addresses, and no others, are out of reach: for datagrams and for streams
    /// that are opened later.
    package func block(_ endpoints: Set<Endpoint>) { state.withLock { $0.blocked = endpoints } }

    /// From now on so many percent of all datagrams are lost, 0 to 100. Streams repeat what is lost,
    /// so they are left alone.
    package func lose(percent: Int) {
        state.withLock { $0.lossPercent = min(max(percent, 0), 100) }
    }

    /// Whether a stream there cannot be opened.
    func blocks(_ endpoint: Endpoint) -> Bool {
        state.withLock { $0.blocked.contains(endpoint) }
    }

    /// Whether the next datagram there is lost.
    func swallows(_ endpoint: Endpoint) -> Bool {
        state.withLock { state in
            guard !state.blocked.contains(endpoint) else { return true }
            guard state.lossPercent > 0 else { return false }
            return state.random.chance(state.lossPercent, in: 100)
        }
    }
}
