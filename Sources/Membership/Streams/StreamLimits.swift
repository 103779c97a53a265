internal import MembershipCore
import MembershipWire

/// The limits of a stream, so that no caller can keep a node busy by opening streams and sending
/// little. Specs/Wire.md, section 6.1.
struct StreamLimits: Sendable {
    /// From the connection to the end of the handshake, connecting included.
    var handshake: Duration = .seconds(3)
    /// From the connection to its end.
    var total: Duration = .seconds(30)
    /// Bytes a second that must have passed, in both directions together, once `grace` is over.
    var slowestRate = 64 * 1_024
    var grace: Duration = .seconds(5)
    /// Bytes received, whatever was announced.
    var bytes = Bounds.streamBytes
    /// Bytes received on all open inbound streams together. A stream that would exceed it ends; its
    /// bytes are in memory until then, twice as large. The limit is more than the list of a full
    /// table.
    var inboundBytes = 48 << 20
    /// When one must end for that, the bytes of a stream from the address of a member count by this
    /// factor less.
    var favourOfMembers = 4
    /// The same for the streams that this node has opened, except for messages, and for a join among
    /// them: eight syncs end before the longest list of a join.
    var ownBytes = 48 << 20
    var favourOfJoins = 16
    /// Bytes received for each member that the peer list announces, and for this many more.
    var bytesPerMember = 2 * 1_024
    var unannouncedMembers = 64

    /// Inbound streams before JOIN, and all inbound ones. See `InboundAdmission`.
    var unprovenAtOnce = 128
    var inboundAtOnce = 256
    /// Places beyond `unprovenAtOnce` for callers from addresses of living members.
    var placesForMembers = 16
    /// Inbound streams before JOIN from one IPv4 address or IPv6 /64; a /56 has twice as many, a /48
    /// four times.
    var unprovenPerNetwork = 8
    /// Connections a second from one such network, and from all; further ones are closed without an
    /// answer.
    var connectionsPerNetwork = 20
    var connectionsPerSecond = 400
    /// A caller that has not sent HELLO by then is closed.
    var firstWord: Duration = .seconds(1)
    /// HELLOs are remembered for this long, and this many, to recognise recordings.
    var helloMemory: Duration = .seconds(30)
    var rememberedHellos = 4_096
    /// Rejected callers that have not closed their connection yet.
    var rejectionsAtOnce = 64
    /// How long such a caller, or one that we said goodbye to, may take to close.
    var hangUp: Duration = .seconds(1)
    /// Connecting to a seed or a member.
    var connect: Duration = .seconds(2)
}

/// Whether a stream is within the limits so far.
struct StreamBudget {
    let limits: StreamLimits
    let openedAt: ClusterInstant
    private(set) var bytesReceived = 0
    private var bytesSent = 0
    private var allowance: Int
    private var isAnnounced = false
    private var mayRest = false

    /// - Parameter isPeerList: a sync has no announcement; only the absolute limit holds there.
    init(_ limits: StreamLimits, openedAt: ClusterInstant, isPeerList: Bool) {
        self.limits = limits
        self.openedAt = openedAt
        allowance =
            isPeerList
            ? min(limits.bytes, limits.bytesPerMember * limits.unannouncedMembers) : limits.bytes
    }

    /// Returns false if that was too much.
    mutating func received(_ bytes: Int) -> Bool {
        bytesReceived += bytes
        return bytesReceived <= allowance
    }

    mutating func sent(_ bytes: Int) { bytesSent += bytes }

    /// HELLO requests something other than a peer list: only the absolute limit holds.
    mutating func expectNoAnnouncement() { allowance = limits.bytes }

    /// An application makes an answer, which takes its time: no rate is asked for.
    mutating func expectAnswer() { mayRest = true }

    /// A peer list announces the number of its records. Only the first announcement counts: a list
    /// cannot grow.
    mutating func announce(_ members: UInt32) {
        guard !isAnnounced else { return }
        isAnnounced = true
        let announced = Int(members) + limits.unannouncedMembers
        allowance = min(limits.bytes, limits.bytesPerMember * announced)
    }

    /// Whether the stream has taken too long for the bytes that passed.
    func isTooSlow(at now: ClusterInstant) -> Bool {
        let age = now - openedAt
        if age >= limits.total { return true }
        guard !mayRest else { return false }
        let counted = max(.zero, age - limits.grace)
        let due = counted.milliseconds * Int64(limits.slowestRate) / 1_000
        return Int64(bytesReceived + bytesSent) < due
    }
}
