/// The result of a join.
public struct JoinReport: Hashable, Sendable {
    /// The member that accepted the join, as the caller wrote it.
    public let seed: String
    /// Members in its peer list that count as alive.
    public let membersReceived: Int
    /// Number of members alive in our view now, this node included.
    public let members: Int
    /// Time from the call of `join` until heartbeats passed and the views agreed, or until the
    /// limit.
    public let converged: Duration
    /// Whether heartbeats pass in both directions; without them this node will be suspected.
    public let udpWorks: Bool
    /// Whether the members heard from had the same view when the join ended.
    public let viewsAgree: Bool

    /// Members that got no answer at the address that this node states, though it reached them. Empty where
    /// `udpWorks`, and where no member has said so.
    public let calledInVainBy: [NodeAlias]

    package init(
        seed: String, membersReceived: Int, members: Int, converged: Duration, udpWorks: Bool,
        viewsAgree: Bool, calledInVainBy: [NodeAlias] = []
    ) {
        self.seed = seed
        self.membersReceived = membersReceived
        self.members = members
        self.converged = converged
        self.udpWorks = udpWorks
        self.viewsAgree = viewsAgree
        self.calledInVainBy = calledInVainBy
    }
}
