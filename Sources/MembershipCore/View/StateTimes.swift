import MembershipWire

/// How long members were in doubt, and how long after their last answer this node learned that they are dead.
///
/// Both are the view of this node, from its own clock: no statement of a member carries a time that could be
/// compared. So the age of a death counts from the last answer to this node, and holds the time that the failure
/// detector took and the time that the news took to come here.
package struct StateTimes: Sendable {
    /// Suspicions that ended well: the member refuted, or answered.
    package private(set) var recoveries = DurationHistogram(.suspicion)
    /// Suspicions that ended with a death. A death without a suspicion, of a process that is gone, is not among them.
    package private(set) var convictions = DurationHistogram(.suspicion)
    /// Deaths of members that have answered this node in their present life.
    package private(set) var deaths = DurationHistogram(.silence)

    /// A member's state is about to become `state`.
    mutating func note(
        _ state: MemberState, after old: MemberTable.Entry?, lastAck: ClusterInstant?,
        at now: ClusterInstant
    ) {
        guard let old, old.state.isLiving else { return }
        switch state {
        case .alive where old.state == .suspect: recoveries.note(now - old.since)
        case .dead:
            if old.state == .suspect { convictions.note(now - old.since) }
            if let lastAck { deaths.note(now - lastAck) }
        case .alive, .suspect, .left: break
        }
    }
}
