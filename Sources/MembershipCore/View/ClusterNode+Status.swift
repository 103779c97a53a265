package import MembershipWire

/// The view as it is listed.
extension ClusterNode {
    /// All members, sorted by id; without those dropped by command.
    package func members(at now: ClusterInstant) -> [MemberStatus] {
        (0..<view.table.count).compactMap { index in
            let entry = view.table.entry(at: index)
            return entry.isForgotten ? nil : status(of: entry, at: now)
        }
    }

    /// One of them; nil if unknown or dropped by command.
    package func status(of id: NodeID, at now: ClusterInstant) -> MemberStatus? {
        guard let entry = view.table[id], !entry.isForgotten else { return nil }
        return status(of: entry, at: now)
    }

    /// The name under which a member is shown on this node.
    package func shownName(of record: MemberRecord) -> NodeAlias {
        view.table.bearsName(record) ? record.alias : NodeAlias(record.id)
    }

    /// The round trips of all heartbeats that were acknowledged.
    package var roundTrips: DurationHistogram { prober.roundTrips }

    /// How long suspicions took, and how old the news of deaths was.
    package var stateTimes: StateTimes { view.times }

    /// Our messages to all that were queued and have not left yet.
    package var ownMessagesWaiting: Int { gossip.messagesWaiting(of: ownRecord.id) }

    /// The contradictions that members have signed.
    package var equivocations: [NodeID: Equivocation] { view.equivocations }

    private func status(of entry: MemberTable.Entry, at now: ClusterInstant) -> MemberStatus {
        let id = entry.record.id
        return MemberStatus(
            record: entry.record, name: shownName(of: entry.record), state: entry.state,
            since: entry.since,
            roundTripTime: view[contact: id].reachability.medianRoundTrip,
            why: why(of: id, at: now),
            isSelf: id == ownRecord.id)
    }

    /// The view hash that each other living member stated last, and when.
    package var statedViews: [(id: NodeID, hash: UInt64, at: ClusterInstant)] {
        view.contacts.compactMap { id, contact in
            guard id != ownRecord.id, let last = contact.lastView,
                view.table[id]?.state.isLiving == true
            else { return nil }
            return (id, last.hash, last.at)
        }
        .sorted { $0.id < $1.id }
    }

    /// How many members' last digest equals ours, of those whose digest is younger than our view.
    package var agreement: (agree: Int, heardFrom: Int) {
        var agree = 0
        var heardFrom = 0
        for (id, contact) in view.contacts where id != ownRecord.id {
            guard let last = contact.lastView, view.table[id]?.state.isLiving == true else {
                continue
            }
            if last.hash == view.table.digestHash {
                agree += 1
                heardFrom += 1
            } else if last.at > view.changedAt {
                heardFrom += 1
            }
        }
        return (agree, heardFrom)
    }
}
