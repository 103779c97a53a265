internal import MembershipCore
import MembershipWire

/// Which callers are let in: a bound on handshakes at once, on those from one network, and on
/// connections a second.
struct InboundAdmission {
    let limits: StreamLimits
    /// Every admitted caller that is still here, and its network while its handshake is under way.
    private var callers: [StreamID: IPAddress?] = [:]
    private var handshakes = 0
    private var rejections = 0
    private var perNetwork: [IPAddress: Int] = [:]
    private var tokens: Int
    private var refilledAt = ClusterInstant.origin

    init(limits: StreamLimits) {
        self.limits = limits
        tokens = limits.connectionsPerSecond
    }

    enum Verdict: Equatable {
        /// Count it out with `handshakeEnded` and `ended`.
        case admit
        /// Told so in clear; count it out with `rejectionEnded`.
        case sayBusy
        /// Closed without a word.
        case drop
    }

    mutating func admit(
        _ id: StreamID, from address: IPAddress, at now: ClusterInstant
    ) -> Verdict {
        refill(at: now)
        guard tokens > 0 else { return .drop }
        tokens -= 1
        let network = address.network
        let fromThere = perNetwork[network] ?? 0
        let isCrowded = !address.isLoopback && fromThere >= limits.handshakesPerNetwork
        guard handshakes < limits.handshakesAtOnce, callers.count < limits.inboundAtOnce,
            !isCrowded
        else { return reject() ? .sayBusy : .drop }
        handshakes += 1
        callers[id] = .some(network)
        perNetwork[network] = fromThere + 1
        return .admit
    }

    /// The handshake of an admitted caller is complete. Nothing of anyone else, or told again.
    mutating func handshakeEnded(_ id: StreamID) {
        guard case .some(.some(let network)) = callers[id] else { return }
        callers[id] = .some(nil)
        handshakes -= 1
        let left = (perNetwork[network] ?? 1) - 1
        perNetwork[network] = left > 0 ? left : nil
    }

    /// A connection is closed, whether it was admitted or is one of ours.
    mutating func ended(_ id: StreamID) {
        handshakeEnded(id)
        callers[id] = nil
    }

    /// Whether one more caller may be told why it is turned away, and be waited for.
    mutating func reject() -> Bool {
        guard rejections < limits.rejectionsAtOnce else { return false }
        rejections += 1
        return true
    }

    mutating func rejectionEnded() { rejections -= 1 }

    private mutating func refill(at now: ClusterInstant) {
        let elapsed = max(.zero, now - refilledAt)
        let earned = min(1_000, elapsed.milliseconds) * Int64(limits.connectionsPerSecond) / 1_000
        guard earned > 0 else { return }
        refilledAt = now
        tokens = min(limits.connectionsPerSecond, tokens + Int(earned))
    }
}

extension IPAddress {
    /// What one customer of a network usually has: an IPv4 address, an IPv6 /64.
    fileprivate var network: IPAddress {
        switch self {
        case .v4: self
        case .v6(let high, _): .v6(high, 0)
        }
    }
}
