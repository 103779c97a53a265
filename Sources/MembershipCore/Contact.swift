import MembershipWire

/// What we know of a member from speaking with it ourselves, during its present boot.
struct Contact: Sendable {
    /// Its last ack to a heartbeat of ours, direct or through a relay.
    var lastAck: ClusterInstant?
    /// The last view it told us, and when.
    var lastView: (hash: UInt64, at: ClusterInstant)?
    /// The keyring hash in it: of the keyset that the member holds.
    var keyringHash: UInt32?
    /// When it may be called for keys again, after a call that left them different, and how long was
    /// waited for that.
    var nextKeysCall: (at: ClusterInstant, pause: Duration)?
    /// When it was last called because it used a retired key.
    var lastCalledBehind: ClusterInstant?
    /// Where it was heard from: see `AddressProof`.
    var provenAddress: Endpoint?
    /// When we last told it who we are because it asked.
    var lastIntroduced: ClusterInstant?
    /// When we last showed it a suspicion or verdict about itself.
    var lastTold: ClusterInstant?
    /// Until then it is given longer than others: see `ClusterNode+Slowness`.
    var slowUntil: ClusterInstant?
    /// The newest of its own statements that it is slow.
    var lastDegraded: (incarnation: Incarnation, counter: UInt32)?
    /// Probes in a row that it answered by stream only.
    var streamOnlyAnswers = 0
    private var roundTrips = RoundTrips()

    var medianRoundTrip: Duration? { roundTrips.median }

    mutating func noteRoundTrip(_ time: Duration) { roundTrips.note(time) }
}

/// The last five round-trip times, in microseconds, without an allocation.
private struct RoundTrips: Sendable {
    private var samples: (UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0)
    private var count: UInt8 = 0

    mutating func note(_ time: Duration) {
        let microseconds = UInt32(clamping: time.nanoseconds / 1000)
        samples = (samples.1, samples.2, samples.3, samples.4, microseconds)
        count = min(count + 1, 5)
    }

    var median: Duration? {
        guard count > 0 else { return nil }
        let all = [samples.0, samples.1, samples.2, samples.3, samples.4]
        let sorted = all.suffix(Int(count)).sorted()
        return .microseconds(Int64(sorted[sorted.count / 2]))
    }
}
