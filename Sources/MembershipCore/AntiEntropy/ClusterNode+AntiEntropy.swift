import MembershipWire

/// The digests that members show, and the comparisons that follow: see `Reconciler`.
extension ClusterNode {
    mutating func noteView(
        in datagram: Datagram, from member: NodeID, at now: ClusterInstant
    ) {
        for case .view(let digest) in datagram.items { noteView(digest, from: member, at: now) }
    }

    mutating func noteView(_ digest: ViewDigest, from member: NodeID, at now: ClusterInstant) {
        view.noteView(digest.hash, of: member, at: now)
        noteKeyring(digest.keyringHash, of: member, at: now)
        guard phase == .running else { return }
        guard digest.hash != view.table.digestHash else {
            return reconciler.views.noteAgreement(with: member)
        }
        guard reconciler.views.isOpen(to: member, at: now) else { return }
        let due = reconciler.views.noteDifference(
            from: member, patience: patience(with: member, at: now), at: now)
        agenda.deadlines.set(.sync, at: due)
    }

    /// How long our view must have been quiet: not at all if the other was dead to us, for then a
    /// split has just healed.
    private func patience(with member: NodeID, at now: ClusterInstant) -> Duration {
        if view.table[member]?.state == .dead { return .zero }
        if entrance.joins.awaitsAgreement { return configuration.quietWhileJoining }
        return lifelines.hasFreshDeath(at: now)
            ? configuration.quietAfterGone : configuration.quietBeforeSync
    }

    /// Whether our first peer list is on its way: it will bring what a comparison would, and to check it
    /// twice would take twice as long.
    var awaitsFirstPeerList: Bool {
        !own.duplicates.hasFirstPeerList && streams.isReceivingPeerList
    }

    /// Time to look at the difference again: has news resolved it, or must we compare?
    mutating func compareViews(in turn: inout Turn) {
        guard let member = reconciler.views.pendingMember else { return }
        guard phase == .running, let entry = view.table[member], entry.state != .left,
            view[contact: member].lastView?.hash != view.table.digestHash
        else { return reconciler.views.resolve() }
        guard !awaitsFirstPeerList else {
            return agenda.deadlines.set(.sync, at: turn.now + configuration.quietWhileJoining)
        }
        let step = reconciler.views.reachDeadline(
            ownDigest: view.table.digestHash, changedAt: view.changedAt,
            isBusy: streams.syncsOpened >= configuration.outgoingSyncs, at: turn.now)
        switch step {
        case .wait(let moment): agenda.deadlines.set(.sync, at: moment)
        case .compare:
            guard mayCall(entry.record, at: turn.now) else { return }
            openStream(.sync, to: entry.record.endpoint, in: &turn)
        case nil: break
        }
    }

    // MARK: Keyrings

    mutating func noteKeyring(_ hash: UInt32, of member: NodeID, at now: ClusterInstant) {
        // No contact is kept of a stranger: a node that answers under a new identity at each call would add one.
        guard view.table.index(of: member) != nil else { return }
        let due = reconciler.keyrings.note(
            hash, of: member, in: &view[contact: member].keyring,
            mayCall: phase == .running && member != ownRecord.id,
            isJoining: !entrance.joins.isEmpty, at: now
        )
        if let due { agenda.deadlines.set(.keys, at: due) }
    }

    /// Time to look at the difference again: has news resolved it, or must we connect?
    mutating func compareKeys(in turn: inout Turn) {
        guard let member = reconciler.keyrings.takePending(), phase == .running,
            let entry = view.table[member], entry.state != .left,
            var contact = view.contacts[member],
            reconciler.keyrings.begin(notedIn: &contact.keyring, at: turn.now)
        else { return }
        view[contact: member] = contact
        guard mayCall(entry.record, at: turn.now) else { return }
        openStream(.keys(KeysCall(member: member)), to: entry.record.endpoint, in: &turn)
    }

    mutating func keysChanged(_ hash: UInt32, _ new: any StatementAuthenticator) {
        own.replaceAuthenticator(by: new)
        reconciler.keyrings.change(to: hash)
        view.resetKeyrings()
    }

    /// This member holds the keyset that we hold.
    mutating func confirmKeyring(of member: NodeID) {
        guard view.table.index(of: member) != nil else { return }
        reconciler.keyrings.confirm(&view[contact: member].keyring)
    }

    /// A frame came under a key that we have retired. If its sender is a member that we know, it is
    /// behind: we connect to it under that key.
    mutating func contactOutdatedMember(
        _ boot: BootID, _ key: KeyID, in turn: inout Turn
    ) {
        guard phase == .running, let member = view.table.id(of: boot), member != ownRecord.id,
            let entry = view.table[member]
        else { return counters.count(.unknownSender) }
        guard
            view[contact: member].keyring.admitsOutdatedContact(
                every: configuration.callBehindPause, at: turn.now),
            streams.outdatedContacts < configuration.outgoingCallsBehind,
            mayCall(entry.record, at: turn.now)
        else { return }
        view[contact: member].keyring.noteOutdatedContact(at: turn.now)
        openStream(
            .keys(KeysCall(member: member, outdatedBoot: boot)), to: entry.record.endpoint,
            under: key,
            in: &turn)
    }

    // MARK: For status

    /// The keyring hash that each living member last showed; nil before it showed any.
    package var keyringHashes: [(member: MemberRecord, hash: UInt32?)] {
        (0..<view.table.count).compactMap { index in
            let entry = view.table.entry(at: index)
            guard entry.state.isLiving else { return nil }
            let id = entry.record.id
            let hash =
                id == ownRecord.id ? reconciler.keyrings.ownHash : view[contact: id].keyring.hash
            return (entry.record, hash)
        }
    }
}
