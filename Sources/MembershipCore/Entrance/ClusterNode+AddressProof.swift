import MembershipWire

/// Which addresses are proven, and how much goes to the others: see `AddressTrials`.
extension ClusterNode {
    /// A member was heard from, perhaps from the address that it states.
    mutating func proveAddress(of record: MemberRecord, heardFrom source: Endpoint) {
        guard source == record.endpoint else { return }
        proveAddress(of: record)
    }

    mutating func proveAddress(of record: MemberRecord) {
        guard view[contact: record.id].address.isProven(record.endpoint) != true else { return }
        view[contact: record.id].address.prove(record.endpoint)
    }

    /// Whether a member may be called by stream at the address that it states; if so that is counted.
    mutating func mayCall(_ record: MemberRecord, at now: ClusterInstant) -> Bool {
        guard !view[contact: record.id].address.isProven(record.endpoint) else { return true }
        guard entrance.trials.admitsCall(to: record.endpoint, at: now) else {
            counters.count(.unprovenAddress)
            return false
        }
        return true
    }

    /// The boot of this record has answered a call to this address.
    mutating func proveAddress(of record: FullStatement, calledAt endpoint: Endpoint?) {
        let id = authenticator.nodeID(of: record.core.identityKey)
        guard let known = view.table[id]?.record, known.endpoint == endpoint,
            known.core.bootKey == record.core.bootKey
        else { return }
        proveAddress(of: known)
    }

    /// Takes out what would go to an unproven address beyond its measure. Nothing depends on one
    /// datagram: rumors reach others, and a probe tries again.
    mutating func limitUnproven(
        in effects: inout [Effect], from start: Int, at now: ClusterInstant
    ) {
        guard effects.count > start else { return }
        var kept = start
        for index in start..<effects.count {
            if case .send(_, _, let destination) = effects[index],
                !mayAddress(destination, at: now)
            {
                counters.count(.unprovenAddress)
                continue
            }
            if kept != index { effects.swapAt(kept, index) }
            kept += 1
        }
        if kept < effects.count { effects.removeSubrange(kept...) }
    }

    /// Senders of unknown boots have their own limit (`QuestionLimit`).
    private mutating func mayAddress(_ destination: Destination, at now: ClusterInstant) -> Bool {
        guard let id = view.table.id(of: destination.boot),
            view[contact: id].address.isProven(destination.endpoint) != true
        else { return true }
        return entrance.trials.admits(destination.endpoint, at: now)
    }
}
