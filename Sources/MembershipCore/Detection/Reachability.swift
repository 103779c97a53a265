import MembershipWire

/// The facts that our own heartbeats and connections have shown of one member, during its present boot.
struct Reachability: Sendable {
    /// Its last answer to us: directly, through a relay or by TCP.
    private(set) var lastAck: ClusterInstant?
    /// Probes in a row that it answered by TCP only.
    private var tcpOnlyAnswers = 0
    private var roundTrips = RoundTrips()
    var slowness = SlownessNote()

    var medianRoundTrip: Duration? { roundTrips.median }
    /// Of the last five.
    var longestRoundTrip: Duration? { roundTrips.longest }

    mutating func note(roundTrip: Duration) { roundTrips.note(roundTrip) }

    mutating func note(answerAt now: ClusterInstant) { lastAck = now }

    func lastAckAge(at now: ClusterInstant) -> Duration? { lastAck.map { now - $0 } }

    /// It has answered a TCP fallback probe. Returns how often in a row no datagram did.
    mutating func noteTCPAnswer() -> Int {
        tcpOnlyAnswers += 1
        return tcpOnlyAnswers
    }

    /// A datagram of it has answered one of ours. Returns whether it had answered by TCP only before.
    mutating func noteDatagram() -> Bool {
        guard tcpOnlyAnswers > 0 else { return false }
        tcpOnlyAnswers = 0
        return true
    }
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

    var longest: Duration? {
        guard count > 0 else { return nil }
        var longest = samples[0]
        for place in 1..<5 where samples[place] > longest { longest = samples[place] }
        return .microseconds(Int64(longest))
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
