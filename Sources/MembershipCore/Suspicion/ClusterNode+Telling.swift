import MembershipWire

/// Showing the accused what is held against it, so that it can refute; and showing who is behind what
/// it has missed.
extension ClusterNode {
    /// What we hold against a member, as it is shown to that member.
    func accusation(against member: NodeID) -> Item? {
        guard let entry = view.table[member] else { return nil }
        if let suspicion = suspicions[member] {
            if let first = suspicion.accusations.first {
                return suspectItem(first, against: entry.record)
            }
            return .dead(
                DeadStatement(
                    target: member, corePrefix: entry.record.coreHash.prefix,
                    incarnation: entry.record.incarnation, accusations: []))
        }
        return entry.state == .dead
            ? .dead(
                verdicts[member]
                    ?? DeadStatement(
                        target: member, corePrefix: entry.record.coreHash.prefix,
                        incarnation: entry.record.incarnation, accusations: [])) : nil
    }

    func suspectItem(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord
    ) -> Item {
        .suspect(
            SuspectStatement(
                target: target.id, corePrefix: target.coreHash.prefix,
                incarnation: target.incarnation, accuser: accusation.accuser,
                signature: accusation.signature))
    }

    /// Whoever is suspect or dead to us and yet speaks to us is told so.
    mutating func tellIfAccused(
        _ sender: NodeID, in turn: inout Turn
    ) {
        guard let entry = view.table[sender], entry.state == .suspect || entry.state == .dead else {
            return
        }
        tell(entry, in: &turn)
    }

    mutating func tell(
        _ accused: MemberTable.Entry, in turn: inout Turn
    ) {
        let id = accused.record.id
        if let last = view[contact: id].lastTold, turn.now - last < configuration.tellingPause {
            return
        }
        guard let item = accusation(against: id) else { return }
        view[contact: id].lastTold = turn.now
        _ = send(.gossip(isLastCall: false), [item], to: accused.record, in: &turn)
    }

    /// A stale accusation: who made it has missed the newer record. At most five answers a second
    /// to one member.
    mutating func correct(
        _ accuser: NodeID, about record: MemberRecord, in turn: inout Turn
    ) {
        guard let entry = view.table[accuser], entry.state.isLiving, accuser != ownRecord.id else {
            return
        }
        if let last = view[contact: accuser].lastTold, turn.now - last < configuration.tellingPause
        {
            return
        }
        view[contact: accuser].lastTold = turn.now
        _ = send(
            .gossip(isLastCall: false), [.full(record.full)], to: entry.record, in: &turn)
    }
}
