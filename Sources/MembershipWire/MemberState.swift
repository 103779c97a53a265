/// What one member believes of another. The same four words everywhere: code, CLI, JSON, metrics.
public enum MemberState: String, Hashable, Sendable, CaseIterable {
    /// Answers, or nobody says otherwise.
    case alive
    /// Accused of silence; becomes `dead` at a deadline unless it refutes.
    case suspect
    /// Declared dead after a suspicion. Kept as a tombstone.
    case dead
    /// Said goodbye. Final for this life. Kept as a tombstone.
    case left

    /// Alive or suspect: takes part in everything. A suspect may only be slow, and usually is.
    public var isLiving: Bool { self == .alive || self == .suspect }
}
