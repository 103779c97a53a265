/// One member's belief about another. Code, command line, JSON and metrics use the same four words.
public enum MemberState: String, Hashable, Sendable, CaseIterable {
    /// Answers, or no member says otherwise.
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
