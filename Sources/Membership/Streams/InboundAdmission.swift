internal import MembershipCore
import MembershipWire

/// Decides which callers are admitted, and whose place a newcomer takes when all are taken.
///
/// Picture a doorman who never lets a queue of silent people keep out one who has something to say.
/// The caller's progress decides: nothing yet, then a HELLO under our key (its MAC costs us a
/// hash), then, by JOIN, its identity. If a caller has sent nothing, a newcomer displaces it, the
/// oldest one of the network with the most such callers first. A caller that has sent HELLO is
/// displaced only if none is silent. A caller that has sent JOIN stays. The same holds within a
/// network, so that its silent callers do not keep out its honest ones.
///
/// Rates are measured for a network before they are measured for all, so that one network uses up
/// only its own share. Addresses of members have separate rates, and so have networks that were not
/// heard from recently.
///
/// Invariant: every admitted connection is in `callers` until `ended`; counts agree with that.
struct InboundAdmission {
    let limits: StreamLimits
    private var callers: [StreamID: Caller] = [:]
    /// The number of callers before JOIN in each network.
    private var unproven: [Network: Int] = [:]
    private var unprovenCount = 0
    private var rejections = 0
    private var everybody: TokenBucket
    private var members: TokenBucket
    private var newcomers: TokenBucket
    private var rates: NetworkRates
    private var hellos: RecentHellos

    private struct Caller {
        let address: IPAddress
        var shown: Shown
    }

    /// The progress of a caller.
    private enum Shown {
        case nothing
        case hello
        case identity
    }

    init(limits: StreamLimits) {
        self.limits = limits
        everybody = TokenBucket(perSecond: limits.connectionsPerSecond)
        members = TokenBucket(perSecond: limits.connectionsPerSecond)
        newcomers = TokenBucket(perSecond: max(1, limits.connectionsPerSecond / 4))
        rates = NetworkRates(limits)
        hellos = RecentHellos(capacity: limits.rememberedHellos, for: limits.helloMemory)
    }

    enum Verdict: Equatable {
        /// Admitted; report its end to `ended`. `displacing` is to be closed.
        case admit(displacing: StreamID?)
        /// Rejected with an answer in clear; report its end to `rejectionEnded`.
        case sayBusy
        /// Closed without an answer.
        case drop
    }

    /// - Parameter isMember: whether a living member states this address.
    mutating func admit(
        _ id: StreamID, from address: IPAddress, isMember: Bool, at now: ClusterInstant
    ) -> Verdict {
        let time = now - .origin
        guard let standing = rates.take(for: address, at: time) else { return .drop }
        guard
            isMember && members.take(at: time)
                || standing == .newcomer && newcomers.take(at: time)
                || everybody.take(at: time)
        else { return .drop }
        let networks = Network.all(of: address)
        var displaced: StreamID?
        if let crowded = networks.first(where: { unproven[$0, default: 0] >= limits.places(of: $0) }
        ) {
            displaced = oldest(.nothing) { Network.all(of: $0).contains(crowded) }
            guard displaced != nil else { return reject() ? .sayBusy : .drop }
        } else if isFull(for: isMember) {
            displaced = displaceable(for: networks[0])
            guard displaced != nil else { return reject() ? .sayBusy : .drop }
        }
        if let displaced { leaveUnproven(displaced) }
        callers[id] = Caller(address: address, shown: .nothing)
        count(address, by: 1)
        return .admit(displacing: displaced)
    }

    /// A caller has sent HELLO under a key of ours. Returns false if that HELLO is a recording, or
    /// another caller has just sent it.
    ///
    /// - Parameter ephemeral: the one-time key in it.
    mutating func showHello(
        _ id: StreamID, ephemeral: Octets32, at now: ClusterInstant
    ) -> Bool {
        guard hellos.insert(ephemeral, at: now) else { return false }
        callers[id]?.shown = .hello
        return true
    }

    /// A caller has sent JOIN. Does nothing for other streams, or a second time.
    mutating func handshakeEnded(_ id: StreamID) {
        leaveUnproven(id)
        callers[id]?.shown = .identity
    }

    /// A connection is closed, whether it was admitted or opened by us.
    mutating func ended(_ id: StreamID) {
        leaveUnproven(id)
        callers[id] = nil
    }

    /// Whether one more caller may get the reason of its rejection, and time to close the connection.
    mutating func reject() -> Bool {
        guard rejections < limits.rejectionsAtOnce else { return false }
        rejections += 1
        return true
    }

    mutating func rejectionEnded() { rejections -= 1 }

    // MARK: Places

    private func isFull(for isMember: Bool) -> Bool {
        let more = isMember ? limits.placesForMembers : 0
        return unprovenCount >= limits.unprovenAtOnce + more
            || callers.count >= limits.inboundAtOnce + more
    }

    /// Frees the place of a caller, whose connection may stay open for a moment.
    private mutating func leaveUnproven(_ id: StreamID) {
        guard let caller = callers[id], caller.shown != .identity else { return }
        callers[id]?.shown = .identity
        count(caller.address, by: -1)
    }

    private mutating func count(_ address: IPAddress, by step: Int) {
        unprovenCount += step
        for network in Network.all(of: address) {
            let count = unproven[network, default: 0] + step
            unproven[network] = count > 0 ? count : nil
        }
    }

    /// The caller whose place a caller from `network` takes. That is a silent one of the network
    /// with the most; otherwise one that has sent only HELLO, if its network has more than the
    /// newcomer's.
    private func displaceable(for network: Network) -> StreamID? {
        let own = unproven[network, default: 0]
        for shown in [Shown.nothing, .hello] {
            let crowd = callers.values.lazy
                .filter { $0.shown == shown }
                .map { unproven[Network.all(of: $0.address)[0], default: 0] }
                .max()
            guard let crowd, crowd > own || shown == .nothing else { continue }
            return oldest(shown) { unproven[Network.all(of: $0)[0], default: 0] == crowd }
        }
        return nil
    }

    /// Ids ascend with time.
    private func oldest(_ shown: Shown, where isMeant: (IPAddress) -> Bool) -> StreamID? {
        var oldest: StreamID?
        for (id, caller) in callers where caller.shown == shown && isMeant(caller.address) {
            if oldest.map({ id < $0 }) ?? true { oldest = id }
        }
        return oldest
    }
}

extension StreamLimits {
    /// The number of callers before JOIN from one network. On loopback a whole cluster, or all
    /// tests of a project, share one address, so it has half of all places.
    func places(of network: Network) -> Int {
        network.prefix.isLoopback ? unprovenAtOnce / 2 : unprovenPerNetwork * network.share
    }

    fileprivate func rate(of network: Network) -> TokenBucket {
        if network.prefix.isLoopback { return TokenBucket(perSecond: connectionsPerSecond / 2) }
        let rate = connectionsPerNetwork * network.share
        return TokenBucket(perSecond: rate, burst: 2 * rate)
    }
}

/// The rate of connections of each network.
private struct NetworkRates {
    /// Number of networks with a separate rate; further ones share one.
    static let capacity = 4_096

    private let limits: StreamLimits
    private var buckets: [Network: TokenBucket] = [:]
    private var shared: TokenBucket
    private var roomMadeAt: Duration?

    init(_ limits: StreamLimits) {
        self.limits = limits
        shared = TokenBucket(perSecond: max(1, limits.connectionsPerSecond / 2))
    }

    enum Standing {
        /// Has opened connections recently.
        case known
        case newcomer
    }

    /// nil if one of its networks has used up its rate.
    mutating func take(for address: IPAddress, at now: Duration) -> Standing? {
        let networks = Network.all(of: address)
        // If a wide network has used up its rate, the narrow ones in it get no entry: there are more of
        // them than places.
        guard networks.allSatisfy({ buckets[$0]?.available(at: now) != 0 }) else { return nil }
        let isNewcomer = networks.allSatisfy { buckets[$0]?.isFull(at: now) ?? true }
        for network in networks.reversed() {
            guard take(network, at: now) else { return nil }
        }
        return isNewcomer ? .newcomer : .known
    }

    private mutating func take(_ network: Network, at now: Duration) -> Bool {
        if buckets[network] == nil {
            makeRoom(at: now)
            guard buckets.count < Self.capacity else { return shared.take(at: now) }
        }
        return buckets[network, default: limits.rate(of: network)].take(at: now)
    }

    /// Forgets networks that were not heard from, at most once a second.
    private mutating func makeRoom(at now: Duration) {
        guard buckets.count >= Self.capacity, roomMadeAt.map({ now - $0 >= .seconds(1) }) ?? true
        else { return }
        roomMadeAt = now
        for network in Array(buckets.keys) where buckets[network]?.isFull(at: now) == true {
            buckets[network] = nil
        }
    }
}

/// The one-time keys of the HELLOs of the last half minute: a HELLO that is seen twice is a
/// recording.
///
/// An older recording gets an answer and no further, because only the caller that drew the key can
/// send JOIN. The purpose is that one recording cannot hold many places at once.
private struct RecentHellos {
    private let capacity: Int
    private let memory: Duration
    /// Two generations: the keys of the present half minute and of the one before.
    private var present: Set<Octets32> = []
    private var former: Set<Octets32> = []
    private var since: ClusterInstant?

    init(capacity: Int, for memory: Duration) {
        self.capacity = capacity
        self.memory = memory
    }

    /// Returns false if it was there.
    mutating func insert(_ ephemeral: Octets32, at now: ClusterInstant) -> Bool {
        let age = since.map { now - $0 } ?? memory
        if age >= memory || present.count >= capacity / 2 {
            former = age >= memory * 2 ? [] : present
            present = []
            since = now
        }
        guard !former.contains(ephemeral) else { return false }
        return present.insert(ephemeral).inserted
    }
}
