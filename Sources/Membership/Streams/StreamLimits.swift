internal import MembershipCore
import MembershipWire

/// What a stream may take, so that nobody can hold up a node by opening streams and saying little.
/// Specs/Wire.md, section 6.1.
struct StreamLimits: Sendable {
    /// From the connection to the end of the handshake, connecting included.
    var handshake: Duration = .seconds(3)
    /// From the connection to its end.
    var total: Duration = .seconds(30)
    /// Bytes a second that must have passed, in both directions together, once `grace` is over.
    var slowestRate = 64 * 1_024
    var grace: Duration = .seconds(5)
    /// Bytes received, whatever was announced.
    var bytes = 64 << 20
    /// Bytes received for each member that the peer list announces, and for this many more.
    var bytesPerMember = 2 * 1_024
    var unannouncedMembers = 64

    /// Inbound streams whose handshake is under way, and all inbound ones.
    var handshakesAtOnce = 64
    var inboundAtOnce = 256
    /// Handshakes at once from one IPv4 address or IPv6 /64. Loopback is exempt: there a whole
    /// cluster, or all tests of a project, share one address.
    var handshakesPerNetwork = 4
    /// Connections a second; those above it are closed without a word.
    var connectionsPerSecond = 200
    /// Callers that were turned away and have not hung up yet.
    var rejectionsAtOnce = 64
    /// How long such a caller, or one that we said goodbye to, may take to hang up.
    var hangUp: Duration = .seconds(1)
    /// Connecting to a seed or a member.
    var connect: Duration = .seconds(2)
}

/// Whether what a stream did so far is within the limits.
struct StreamBudget {
    let limits: StreamLimits
    let openedAt: ClusterInstant
    private(set) var bytesReceived = 0
    private var bytesSent = 0
    private var allowance: Int
    private var isAnnounced = false

    /// - Parameter isPeerList: a sync has no announcement; only the absolute limit holds there.
    init(_ limits: StreamLimits, openedAt: ClusterInstant, isPeerList: Bool) {
        self.limits = limits
        self.openedAt = openedAt
        allowance =
            isPeerList
            ? min(limits.bytes, limits.bytesPerMember * limits.unannouncedMembers) : limits.bytes
    }

    /// False if that was too much.
    mutating func received(_ bytes: Int) -> Bool {
        bytesReceived += bytes
        return bytesReceived <= allowance
    }

    mutating func sent(_ bytes: Int) { bytesSent += bytes }

    /// A peer list says how many records it has. Only the first word counts: a list cannot grow.
    mutating func announce(_ members: UInt32) {
        guard !isAnnounced else { return }
        isAnnounced = true
        let announced = Int(members) + limits.unannouncedMembers
        allowance = min(limits.bytes, limits.bytesPerMember * announced)
    }

    /// Whether the stream has taken too long for what passed.
    func isTooSlow(at now: ClusterInstant) -> Bool {
        let age = now - openedAt
        if age >= limits.total { return true }
        let counted = max(.zero, age - limits.grace)
        let due = counted.milliseconds * Int64(limits.slowestRate) / 1_000
        return Int64(bytesReceived + bytesSent) < due
    }
}

/// Which callers are let in: a bound on handshakes at once, on those from one network, and on
/// connections a second.
struct InboundAdmission {
    let limits: StreamLimits
    private var handshakes = 0
    private(set) var inbound = 0
    private var rejections = 0
    private var perNetwork: [IPAddress: Int] = [:]
    private var tokens: Int
    private var refilledAt = ClusterInstant.origin

    init(limits: StreamLimits) {
        self.limits = limits
        tokens = limits.connectionsPerSecond
    }

    enum Verdict: Equatable {
        /// Count it out with `handshakeEnded` and `streamEnded`.
        case admit
        /// Told so in clear; count it out with `rejectionEnded`.
        case sayBusy
        /// Closed without a word.
        case drop
    }

    mutating func admit(_ address: IPAddress, at now: ClusterInstant) -> Verdict {
        refill(at: now)
        guard tokens > 0 else { return .drop }
        tokens -= 1
        let network = address.network
        let fromThere = perNetwork[network] ?? 0
        let isCrowded = !address.isLoopback && fromThere >= limits.handshakesPerNetwork
        guard handshakes < limits.handshakesAtOnce, inbound < limits.inboundAtOnce, !isCrowded
        else { return reject() ? .sayBusy : .drop }
        handshakes += 1
        inbound += 1
        perNetwork[network] = fromThere + 1
        return .admit
    }

    /// The handshake of an admitted caller is complete, or the caller is gone.
    mutating func handshakeEnded(_ address: IPAddress) {
        handshakes -= 1
        let network = address.network
        let left = (perNetwork[network] ?? 1) - 1
        perNetwork[network] = left > 0 ? left : nil
    }

    mutating func streamEnded() { inbound -= 1 }

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
