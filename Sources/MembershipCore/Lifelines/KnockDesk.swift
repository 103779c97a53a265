import MembershipWire

/// Which members may be knocked at, and which knocks are out.
///
/// A storm of deaths must not open a thousand sockets, and must not make a node fall back to waiting
/// for silence either. So a few checks knock at once and the rest waits its turn: a refusal comes
/// within a round trip, and the next one goes on.
/// Invariant: at most `places` members are being knocked at; at most `waitingLimit` wait.
struct KnockDesk: Sendable {
    private let places: Int
    private let waitingLimit: Int

    struct Knock: Sendable {
        let target: NodeID
        let boot: BootID
    }

    /// Since when each member has had its place.
    private var holders: [NodeID: ClusterInstant] = [:]
    /// In the order of coming.
    private var waiting: [NodeID] = []
    private var open: [KnockID: Knock] = [:]
    private var last: UInt64 = 0

    init(_ configuration: CoreConfiguration) {
        places = configuration.knocksAtOnce
        waitingLimit = configuration.knocksWaiting
    }

    /// Whether `target` may be knocked at now; if not, it waits.
    mutating func admit(_ target: NodeID, at now: ClusterInstant) -> Bool {
        if holders[target] != nil { return true }
        guard holders.count < places else {
            if waiting.count < waitingLimit, !waiting.contains(target) {
                waiting.append(target)
            }
            return false
        }
        holders[target] = now
        waiting.removeAll { $0 == target }
        return true
    }

    mutating func begin(_ target: NodeID, _ boot: BootID) -> KnockID {
        last += 1
        let id = KnockID(last)
        open[id] = Knock(target: target, boot: boot)
        return id
    }

    /// The answer to a knock has come, or its time is over.
    mutating func end(_ id: KnockID) -> Knock? { open.removeValue(forKey: id) }

    /// No more knocks at `target` are wanted.
    mutating func release(_ target: NodeID) {
        holders[target] = nil
        waiting.removeAll { $0 == target }
    }

    /// Whether it has held its place for so long that another should have it.
    func isSlow(_ target: NodeID, after window: Duration, at now: ClusterInstant) -> Bool {
        guard !waiting.isEmpty, let since = holders[target] else { return false }
        return now - since >= window
    }

    /// The member that comes next, if there is a place; nil if no member waits or there is no place.
    mutating func admitNext(at now: ClusterInstant) -> NodeID? {
        guard holders.count < places, !waiting.isEmpty else { return nil }
        let next = waiting.removeFirst()
        holders[next] = now
        return next
    }
}
