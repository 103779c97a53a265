import MembershipWire

/// The member that gets the next heartbeat, and when.
///
/// Picture all members in a circle, sorted by id. In each round every member probes the one that is
/// a certain number of places to its left; the number is the same for all. So exactly one member
/// probes each, at a moment of the period that belongs to the probed member alone. Members need no
/// agreement: the number follows from the round, and the round from the clock. Where clocks or
/// views differ, the probes scatter and coverage is merely random.
///
/// Without a clock: every member once, in a fresh random order each time (SWIM, section 4.3).
///
/// Where more than one living member in eight is unanswering, the circle is that of the counted members:
/// members that exist in statements only neither probe nor need to be probed.
struct ProbeSchedule: Sendable {
    /// See `CoreConfiguration.unansweringProbes`.
    private let unansweringProbes: Int
    /// The nanoseconds to add to the node's clock to get Unix time; nil until the clock is set.
    private var unixOffset: Int64?
    /// The round whose target is next; nil where there is no clock.
    private var round: Int64?
    private var shuffled: [NodeID] = []

    init(unansweringProbes: Int) { self.unansweringProbes = unansweringProbes }

    /// Sets the clock. Returns whether it moved by more than `jump`: then the next moment must be asked
    /// for again.
    mutating func setClock(unixOffset offset: Int64, jump: Duration) -> Bool {
        let drift = unixOffset.map { ($0 &- offset).magnitude } ?? .max
        unixOffset = offset
        guard drift > jump.nanoseconds.magnitude else { return false }
        round = nil
        return true
    }

    /// The member to probe now. Call it when the moment that `nextMoment` named has come.
    mutating func next(
        in table: MemberTable, except own: NodeID, using random: inout RandomSource
    ) -> MemberRecord? {
        if let round { return target(ofRound: round, in: table, seenFrom: own) }
        if let found = nextShuffled(table, except: own) { return found }
        let isCounted = table.isMixed(unansweringProbes)
        shuffled = (0..<table.count).lazy
            .filter { table.isInCircle(at: $0, isCounted: isCounted) }
            .map { table.id(at: $0) }.filter { $0 != own }
        shuffled.shuffle(using: &random)
        return nextShuffled(table, except: own)
    }

    /// When to probe next, after a probe (or none) now.
    mutating func nextMoment(
        after now: ClusterInstant, period: Duration, in table: MemberTable, seenFrom own: NodeID
    ) -> ClusterInstant {
        guard let unixOffset else { return now + period }
        let length = max(1, period.nanoseconds)
        let current = (now.nanoseconds &+ unixOffset) / length
        // The clock may be near the end of its range: an addition that wraps there and back gives a
        // moment near now.
        let following = current &+ 1
        let upcoming = round.map { $0 &+ 1 } ?? .min
        // Far off: the clock was set, or we slept. Start again with the next round.
        let round = upcoming == current || upcoming == following ? upcoming : following
        self.round = round
        let target = target(ofRound: round, in: table, seenFrom: own)
        let phase = target.map { Int64(mixed($0.id.value) % UInt64(length)) } ?? 0
        return max(now, ClusterInstant(nanoseconds: round &* length &+ phase &- unixOffset))
    }

    /// A newcomer is put at a random place of the running order.
    mutating func insert(_ id: NodeID, using random: inout RandomSource) {
        guard unixOffset == nil else { return }
        shuffled.insert(id, at: random.below(shuffled.count + 1))
    }

    /// The member `1 + hash(round) mod (N - 1)` places to our left in the circle.
    func target(
        ofRound round: Int64, in table: MemberTable, seenFrom own: NodeID
    ) -> MemberRecord? {
        let isCounted = table.isMixed(unansweringProbes)
        let size = isCounted ? table.countedCount : table.livingCount
        guard size > 1, let place = table.index(of: own) else { return nil }
        let steps = 1 + Int(mixed(UInt64(bitPattern: round)) % UInt64(size - 1))
        return table.living(after: place, steps: steps, isCounted: isCounted)
    }

    private mutating func nextShuffled(_ table: MemberTable, except own: NodeID) -> MemberRecord? {
        let isCounted = table.isMixed(unansweringProbes)
        while let id = shuffled.popLast() {
            guard id != own, let index = table.index(of: id) else { continue }
            if table.isInCircle(at: index, isCounted: isCounted) {
                return table.entry(at: index).record
            }
        }
        return nil
    }
}
