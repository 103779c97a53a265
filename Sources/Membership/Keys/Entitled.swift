import MembershipWire

/// Who may fetch new keys under a retired one: the members that were known when a key was retired.
///
/// The retired key may be what leaked, so it proves nothing; the identity does, and the handshake shows
/// that. Who was known at any retirement is entitled under every key that is still in its grace: who was
/// a member when a later key was retired has held that one.
///
/// Bound: `Bounds.entitled` identities; those go first whose time is over first.
struct Entitled: Sendable {
    /// Until when, in seconds since 1970.
    private(set) var deadlines: [NodeID: UInt64] = [:]

    init(_ deadlines: [NodeID: UInt64] = [:]) { self.deadlines = deadlines }

    func contains(_ id: NodeID, at unixSeconds: UInt64) -> Bool {
        deadlines[id].map { $0 > unixSeconds } ?? false
    }

    /// A key is retired: these members may come back under it until then.
    mutating func add(_ members: some Sequence<NodeID>, until: UInt64, at unixSeconds: UInt64) {
        deadlines = deadlines.filter { $0.value > unixSeconds }
        for member in members { deadlines[member] = max(deadlines[member] ?? 0, until) }
        let excess = deadlines.count - Bounds.entitled
        guard excess > 0 else { return }
        let first = deadlines.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.prefix(excess)
        for (member, _) in first { deadlines[member] = nil }
    }
}
