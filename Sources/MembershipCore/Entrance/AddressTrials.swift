import MembershipWire

/// How much is sent to addresses that are stated but not proven.
///
/// A member may state any address as its own. So that no victim is flooded by a whole cluster, each
/// node sends little to an address until it has heard from it: eight frames, and then one a second,
/// however many members and boots state it (RFC 9000 limits unvalidated addresses likewise).
///
/// An address is proven when a frame of the very boot comes from there, or an ack to a heartbeat that
/// was sent there, or when that boot answers a call to it. All of these need the pair's key; the first also
/// needs the ability to send from that address.
struct AddressTrials: Sendable {
    private let burst: Int
    private let pause: Duration
    /// The most addresses on trial at once. Further addresses share one measure.
    private let capacity: Int

    init(_ configuration: CoreConfiguration) {
        burst = configuration.unprovenBurst
        pause = configuration.unprovenPause
        capacity = configuration.unprovenAddresses
    }

    private var trials: [Endpoint: Measure] = [:]
    private var shared: Measure?
    private var roomMadeAt: ClusterInstant?

    /// Whether one more frame may go to an address that is not proven; if so it is counted.
    mutating func admits(_ endpoint: Endpoint, at now: ClusterInstant) -> Bool {
        change(endpoint, at: now) { $0.take(at: now) }
    }

    /// The same for a call by stream. Calls have priority over frames: a member whose datagrams are blocked
    /// stays alive only by calls, and the first call that it answers proves its address.
    mutating func admitsCall(to endpoint: Endpoint, at now: ClusterInstant) -> Bool {
        change(endpoint, at: now) { $0.takeAhead(at: now) }
    }

    private mutating func change(
        _ endpoint: Endpoint, at now: ClusterInstant, _ take: (inout Measure) -> Bool
    ) -> Bool {
        if trials[endpoint] == nil { makeRoom(at: now) }
        guard trials[endpoint] != nil || trials.count < capacity else {
            var trial = shared ?? Measure(burst, every: pause, at: now)
            defer { shared = trial }
            return take(&trial)
        }
        let fresh = Measure(burst, every: pause, at: now)
        return take(&trials[endpoint, default: fresh])
    }

    /// Whether a frame would be admitted.
    func hasRoom(for endpoint: Endpoint, at now: ClusterInstant) -> Bool {
        let isFresh = trials.count < capacity || canMakeRoom(at: now)
        guard var measure = trials[endpoint] ?? (isFresh ? nil : shared) else { return true }
        return !measure.isEmpty(at: now)
    }

    /// Whether `makeRoom` would find a trial that is over.
    private func canMakeRoom(at now: ClusterInstant) -> Bool {
        roomMadeAt.map { now - $0 >= pause } ?? true
            && trials.values.contains { $0.isFull(at: now) }
    }

    /// One more frame may go there, which was counted elsewhere.
    mutating func grant(_ endpoint: Endpoint) { trials[endpoint]?.giveBack() }

    /// Looks for trials that are over, at most once a second.
    private mutating func makeRoom(at now: ClusterInstant) {
        guard trials.count >= capacity, roomMadeAt.map({ now - $0 >= pause }) ?? true
        else { return }
        roomMadeAt = now
        trials = trials.filter { !$0.value.isFull(at: now) }
    }
}

/// Where one member was heard from.
struct AddressNote: Sendable {
    private var proven: Endpoint?

    func isProven(_ endpoint: Endpoint) -> Bool { proven == endpoint }

    mutating func prove(_ endpoint: Endpoint) { proven = endpoint }
}
