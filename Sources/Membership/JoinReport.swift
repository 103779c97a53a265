/// What a join brought.
public struct JoinReport: Hashable, Sendable {
    /// The member that took us in, as it was asked for.
    public let seed: String
    /// Members in its peer list that count as alive.
    public let membersReceived: Int
    /// Alive in our view now, this node included.
    public let members: Int
    /// From the call of `join` until heartbeats passed and the views agreed, or the time for that
    /// was over.
    public let converged: Duration
    /// Whether heartbeats pass in both directions; without that this node will be suspected.
    public let udpWorks: Bool
    /// Whether the members heard from held the same view when the join ended.
    public let viewsAgree: Bool

    package init(
        seed: String, membersReceived: Int, members: Int, converged: Duration, udpWorks: Bool,
        viewsAgree: Bool
    ) {
        self.seed = seed
        self.membersReceived = membersReceived
        self.members = members
        self.converged = converged
        self.udpWorks = udpWorks
        self.viewsAgree = viewsAgree
    }
}
