import MembershipWire

/// The identities that may fetch new keys under a retired one: the members known when a key was
/// retired.
///
/// The retired key may be the leaked one, so it proves nothing. The identity does, and the
/// handshake proves the identity. A member known at any retirement is entitled under every key that
/// is still in its grace, because a member at the retirement of a later key had that key.
///
/// Bound: `Bounds.entitled` identities; those with the earliest end are dropped first.
struct Entitled: Sendable {
    /// The end for each, in seconds since 1970.
    private(set) var deadlines: [NodeID: UInt64] = [:]

    init(_ deadlines: [NodeID: UInt64] = [:]) { self.deadlines = deadlines }

    func contains(_ id: NodeID, at unixSeconds: UInt64) -> Bool {
        deadlines[id].map { $0 > unixSeconds } ?? false
    }

    /// A key is retired: these members may return under it until then.
    mutating func add(_ members: some Sequence<NodeID>, until: UInt64, at unixSeconds: UInt64) {
        deadlines = deadlines.filter { $0.value > unixSeconds }
        for member in members { deadlines[member] = max(deadlines[member] ?? 0, until) }
        let excess = deadlines.count - Bounds.entitled
        guard excess > 0 else { return }
        let first = deadlines.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.prefix(excess)
        for (member, _) in first { deadlines[member] = nil }
    }
}
