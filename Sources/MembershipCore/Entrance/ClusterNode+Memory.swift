package import MembershipWire

/// The part of its view that a node keeps for its next life, and the part that it takes from there.
///
/// A living member of the last life may be gone by now: we may ask it, but we do not believe that it
/// lives. Only the dead and the left are taken in as they were, so that old rumors revive no member.
extension ClusterNode {
    /// All members but this node, in pieces that each fit into one message of a stream.
    package func memory() -> (chunks: [[Item]], count: Int) {
        let (table, own) = (view.table, ownRecord.id)
        let items = table.peerList(suspicions.verdicts, where: { table.id(at: $0) != own })
        return (items.chunked, items.count)
    }

    /// The tombstones among the kept entries. For a node that has just started and knows no other member.
    mutating func remember(
        _ items: [Item], in turn: inout Turn
    ) {
        guard phase == .running, view.table.count <= 1 else { return }
        var verdicts: [NodeID: DeadStatement] = [:]
        for case .dead(let verdict) in items { verdicts[verdict.target] = verdict }
        for case .full(let record) in items {
            let id = authenticator.nodeID(of: record.core.identityKey)
            let isDead = verdicts[id]?.incarnation == record.incarnation
            guard id != ownRecord.id, record.standing == .left || isDead else { continue }
            learn(record, .peerList, deadIn: verdicts[id], in: &turn)
        }
    }
}
