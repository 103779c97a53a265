package import MembershipWire

/// What a node keeps of its view for its next life, and what it takes from it.
///
/// A living member of the last life may be gone by now: it is somebody to ask, not somebody to believe
/// in. Only the dead and the left are taken in as they were, so that old rumors revive nobody.
extension ClusterNode {
    /// Everybody but this node, in pieces that fit into one message of a stream each.
    package func memory() -> (chunks: [[Item]], count: Int) {
        let (table, own) = (view.table, ownRecord.id)
        let items = table.peerList(suspicions.verdicts, where: { table.id(at: $0) != own })
        return (items.chunked, items.count)
    }

    /// The tombstones among what was kept. For a node that has just started and knows nobody.
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
