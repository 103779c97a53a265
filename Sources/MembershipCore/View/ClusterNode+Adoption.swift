/// Starting from a view instead of earning it.
///
/// A simulated cluster of ten thousand would spend hours on joining before its first interesting
/// second. So its nodes are given their view. It is a value whose storage they share for as long as
/// they agree, and that is what lets so many full views fit into one process.
extension ClusterNode {
    /// Believes `table`, which must hold our own record; its maker must vouch for it. For a node
    /// that has just started and knows no other member.
    package mutating func adopt(_ table: MemberTable, at now: ClusterInstant) {
        precondition(
            table[ownRecord.id]?.record.boot == ownRecord.boot, "a view without its own holder")
        view.adopt(table, at: now)
        planPeriod(after: now)
        guard lifelines.isOn else { return }
        agenda.deadlines.set(
            .lifelines, at: now + agenda.random.duration(in: .zero ... .seconds(1)))
    }
}
