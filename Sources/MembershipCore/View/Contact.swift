import MembershipWire

/// What we know of a member from speaking with it ourselves, during its present boot.
struct Contact: Sendable {
    /// Its last ack to a heartbeat of ours, direct or through a relay.
    var lastAck: ClusterInstant?
    /// The last view it told us, and when.
    var lastView: (hash: UInt64, at: ClusterInstant)?
    var keyring = KeyringNote()
    var address = AddressNote()
    var introduction = IntroductionNote()
    var correction = CorrectionNote()
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
    /// Oldest first; those that are still to come are zeros at the front.
    private var samples: [5 of UInt32] = [0, 0, 0, 0, 0]
    private var count: UInt8 = 0

    mutating func note(_ time: Duration) {
        let microseconds = UInt32(clamping: time.nanoseconds / 1000)
        for place in 1..<5 { samples[place - 1] = samples[place] }
        samples[4] = microseconds
        count = min(count + 1, 5)
    }

    var median: Duration? {
        guard count > 0 else { return nil }
        var sorted = samples
        for end in 1..<5 {
            for place in stride(from: end, to: 0, by: -1) where sorted[place] < sorted[place - 1] {
                sorted.swapAt(place, place - 1)
            }
        }
        return .microseconds(Int64(sorted[5 - Int(count) + Int(count) / 2]))
    }
}
