/// Datagrams of gossip we may send: refilled steadily, used in bursts, postponing and never dropping.
struct GossipBucket: Sendable {
    private var nanotokens: Int64
    private var refilledAt: ClusterInstant
    private let perSecond: Int64

    init(perSecond: Int, at now: ClusterInstant) {
        self.perSecond = Int64(perSecond)
        self.nanotokens = Int64(perSecond) * 1_000_000_000
        self.refilledAt = now
    }

    /// How many may be sent now.
    mutating func available(at now: ClusterInstant) -> Int {
        let elapsed = min(max(0, (now - refilledAt).nanoseconds), 1_000_000_000)
        nanotokens = min(perSecond * 1_000_000_000, nanotokens + elapsed * perSecond)
        refilledAt = now
        return Int(nanotokens / 1_000_000_000)
    }

    mutating func take(_ datagrams: Int) { nanotokens -= Int64(datagrams) * 1_000_000_000 }
}
