import MembershipWire

/// Whom to send the next heartbeat: everybody once, in a fresh random order each round.
///
/// SWIM, section 4.3: round-robin bounds the time until every member has been probed, which picking
/// at random does not; shuffling keeps members from being probed by all at once. A newcomer is put
/// at a random place of the running round.
struct ProbeSchedule: Sendable {
    private var round: [NodeID] = []

    /// The next living member, or nil if there is none but us.
    mutating func next(
        in table: MemberTable, except own: NodeID, using random: inout RandomSource
    ) -> MemberRecord? {
        if let found = nextInRound(table, except: own) { return found }
        round = (0..<table.count).lazy.map { table.entry(at: $0) }
            .filter { $0.state.isLiving && $0.record.id != own }.map(\.record.id)
        round.shuffle(using: &random)
        return nextInRound(table, except: own)
    }

    mutating func insert(_ id: NodeID, using random: inout RandomSource) {
        round.insert(id, at: random.below(round.count + 1))
    }

    private mutating func nextInRound(_ table: MemberTable, except own: NodeID) -> MemberRecord? {
        while let id = round.popLast() {
            if id != own, let entry = table[id], entry.state.isLiving { return entry.record }
        }
        return nil
    }
}
