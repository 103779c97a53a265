import MembershipWire

/// How much is sent to addresses that are stated but not proven.
///
/// A member may state any address as its own. So that no victim is flooded by a whole cluster, each
/// node sends little to an address until it has heard from it: eight frames, and then one a second,
/// however many members and boots state it (RFC 9000 limits unvalidated addresses likewise).
///
/// An address is proven when a frame of the very boot comes from there, or an ack to a heartbeat that
/// was sent there. Both take the pair's key; the first also takes the ability to send from there.
struct AddressTrials: Sendable {
    private let burst: Int
    private let pause: Duration
    /// Addresses on trial at once. What comes on top shares one measure.
    private let capacity: Int

    init(_ configuration: CoreConfiguration) {
        burst = configuration.unprovenBurst
        pause = configuration.unprovenPause
        capacity = configuration.unprovenAddresses
    }

    private struct Trial: Sendable {
        let burst: Int
        let pause: Duration
        var left: Int
        /// When `left` was last filled up.
        var countedAt: ClusterInstant

        mutating func take(at now: ClusterInstant) -> Bool {
            let earned = Int(clamping: (now - countedAt).milliseconds / pause.milliseconds)
            if earned > 0 {
                left = min(burst, left + earned)
                countedAt = countedAt + pause * earned
            }
            guard left > 0 else { return false }
            left -= 1
            return true
        }

        /// As good as a new one.
        func isOver(at now: ClusterInstant) -> Bool { now - countedAt >= pause * burst }
    }

    private var trials: [Endpoint: Trial] = [:]
    private var shared: Trial?
    private var roomMadeAt: ClusterInstant?

    /// Whether one more frame may go to an address that is not proven; if so it is counted.
    mutating func admits(_ endpoint: Endpoint, at now: ClusterInstant) -> Bool {
        if trials[endpoint] == nil { makeRoom(at: now) }
        guard trials[endpoint] != nil || trials.count < capacity else {
            var trial = shared ?? newTrial(at: now)
            defer { shared = trial }
            return trial.take(at: now)
        }
        let fresh = newTrial(at: now)
        return trials[endpoint, default: fresh].take(at: now)
    }

    private func newTrial(at now: ClusterInstant) -> Trial {
        Trial(burst: burst, pause: pause, left: burst, countedAt: now)
    }

    /// Looks for trials that are over, at most once a second.
    private mutating func makeRoom(at now: ClusterInstant) {
        guard trials.count >= capacity, roomMadeAt.map({ now - $0 >= pause }) ?? true
        else { return }
        roomMadeAt = now
        trials = trials.filter { !$0.value.isOver(at: now) }
    }
}

/// Where one member was heard from.
struct AddressNote: Sendable {
    private var proven: Endpoint?

    func isProven(_ endpoint: Endpoint) -> Bool { proven == endpoint }

    mutating func prove(_ endpoint: Endpoint) { proven = endpoint }
}
