import MembershipWire

/// The facts that `Suspicions` returns.
extension Suspicions {
    /// A suspicion that has begun or has a further accuser.
    struct Held: Sendable {
        let target: MemberRecord
        /// When to call `reachDeadline`; nil while the final check is under way.
        let deadline: ClusterInstant?
        /// The new accusation, for all members. Hearsay has none.
        let voice: DeadStatement.Accusation?
        /// We look for ourselves.
        let mustProbe: Bool
    }

    /// The weight of an accusation or a verdict of another member.
    enum Weight: Sendable {
        case nothing
        case ignored(IgnoredReason)
        /// Its first accuser has missed the newer record that we hold.
        case outdated(accuser: NodeID?)
        /// It makes us look for ourselves, and counts no accuser.
        case hearsay
        /// No member that we know has signed for it: at most we look for ourselves.
        case groundless
        /// Each of its accusations counts.
        case counts
    }

    /// The rest of a suspicion after we have withdrawn our accusation.
    enum Withdrawal: Sendable {
        /// Others accuse it too: their suspicion has this deadline.
        case othersAccuse(deadline: ClusterInstant)
        /// No other accuses it: it is alive to us once more.
        case cleared
    }

    /// The next step when the time to refute is over.
    enum Step: Sendable {
        case wait(until: ClusterInstant)
        /// Heartbeats to these show whether any member answers us; then once more.
        case listen(to: [MemberRecord], until: ClusterInstant)
        /// These are asked whether they know better.
        case finalCheck(asking: [MemberRecord], Item, mustProbe: Bool)
        case dead(DeadStatement)
    }
}
