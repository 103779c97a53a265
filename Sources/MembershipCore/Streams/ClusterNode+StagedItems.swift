import MembershipWire

/// Taking in what a stream has brought: see `StagedItems`.
extension ClusterNode {
    /// Holds what a chunk brought until the stream has ended well; one that is forged ends the stream.
    mutating func stage(_ items: [Item], on id: StreamID, in turn: inout Turn) {
        guard mayRead(items, on: id, at: turn.now) else { return }
        let before = accounts.checked
        let staging = streams.stage(
            items, on: id, over: view.table, by: authenticator, own: ownRecord.id,
            limit: 2 * configuration.entryLimit, counting: &accounts.counters)
        if !id.isOurs, let sender = streams.sender(of: id) {
            accounts.overdraw(payer(sender), since: before, at: turn.now)
        }
        switch staging {
        case .staged:
            guard let sender = streams.sender(of: id) else { return }
            let states = streams.takeStates(from: id)
            guard takeIn(states, from: sender, in: &turn) else {
                accounts.charge(payer(sender), isFalse: true, at: turn.now)
                return violate(id, in: &turn)
            }
            takeInLiving(on: id, in: &turn)
        case .forged:
            counters.count(.badSignature)
            if let sender = streams.sender(of: id) {
                accounts.charge(payer(sender), isFalse: true, at: turn.now)
            }
            violate(id, in: &turn)
        case .tooMany, .misplaced: violate(id, in: &turn)
        }
    }

    /// The living members of our first peer list count as soon as its first tombstone has come: a node that joins
    /// works with them, and thousands of tombstones may follow. The order of names follows from the whole list.
    private mutating func takeInLiving(on id: StreamID, in turn: inout Turn) {
        guard awaitsFirstPeerList else { return }
        let provenance = provenanceOfPeerList
        for record in streams.takeLiving(from: id, as: provenance, own: ownRecord.id) {
            guard phase == .running else { return }
            learn(record.statement, provenance, isChecked: record.isChecked, in: &turn)
        }
    }

    /// A node that already knows other members passes on what its list brings; they may not know it yet.
    private var provenanceOfPeerList: Provenance { view.table.livingCount > 1 ? .sync : .peerList }

    /// A caller that has never answered us pays for each chunk before it is read; any other before its next
    /// stream (`receiveJoin`), so that a long list is not cut.
    private mutating func mayRead(
        _ items: [Item], on id: StreamID, at now: ClusterInstant
    ) -> Bool {
        guard !id.isOurs, let sender = streams.sender(of: id), !view.hasAnswered(sender),
            let refusal = accounts.refusal(of: payer(sender), at: now)
        else { return true }
        for item in items { if case .full = item { counters.count(refusal) } }
        return false
    }

    /// Believes what a stream brought, now that it has ended well. If a record has become news only
    /// since it came and is forged, all is discarded (false).
    @discardableResult
    mutating func takeIn(
        _ staged: StagedItems, _ provenance: Provenance, in turn: inout Turn
    ) -> Bool {
        guard staged.isGenuine(over: view.table, by: authenticator) else {
            counters.count(.badSignature)
            return false
        }
        let isFirstPeerList = provenance == .peerList && !own.duplicates.hasFirstPeerList
        let provenance =
            provenance == .peerList ? staged.livingTaken ?? provenanceOfPeerList : provenance
        let isNew = Set(staged.heard.keys.filter { view.table[$0] == nil })
        learn(staged, provenance, isFirstPeerList: isFirstPeerList, in: &turn)
        // Of a member that we know we have heard ourselves: any sender can write down any number.
        for (origin, sequence) in staged.heard where isFirstPeerList || isNew.contains(origin) {
            guard let entry = view.table[origin] else { continue }
            gossip.note(heard: sequence, of: entry.record)
        }
        guard phase == .running else { return true }
        hearVerdicts(of: staged, in: &turn)
        // A stream is not the place for accusations against other members; we answer one against us.
        if let accusation = staged.accusation { hear(accusation, in: &turn) }
        return true
    }

    /// Their accusations are checked on the account of the sender. It need not have checked them itself: it
    /// may have had the verdict in a list, too.
    private mutating func hearVerdicts(of staged: StagedItems, in turn: inout Turn) {
        let payer = payer(staged.sender)
        for target in staged.verdicts.keys.sorted() {
            guard let verdict = staged.verdicts[target] else { continue }
            if let refusal = accounts.refusal(of: payer, at: turn.now) {
                counters.count(refusal)
                continue
            }
            let before = accounts.checked
            hear(verdict, .sync, from: staged.sender, in: &turn)
            accounts.chargeUnblamed(payer, since: before, at: turn.now)
        }
        for statement in staged.gone {
            if let refusal = accounts.refusal(of: payer, at: turn.now) {
                counters.count(refusal)
                continue
            }
            // Unlike the accusations of a verdict, its sender has checked it: it has looked for itself.
            let before = accounts.checked
            hear(statement, in: &turn)
            _ = accounts.charge(payer, since: before, at: turn.now)
        }
    }

    /// The sender first; but if its own list names another before it under its name, it comes in its
    /// turn, or after all. Our own claim takes our place in the list, or follows every entry if we are
    /// not in it; the other members rank it the same way.
    private mutating func learn(
        _ staged: StagedItems, _ provenance: Provenance, isFirstPeerList: Bool, in turn: inout Turn
    ) {
        let isFirst = !staged.isSenderLaterClaimant
        let ofSender = provenance == .peerList ? provenance : .sync
        if isFirst { learn(staged.senderRecord, ofSender, in: &turn) }
        var mustClaim = provenance == .peerList
        for record in staged.records.lazy.map(\.statement) {
            guard phase == .running else { return }
            let id = authenticator.nodeID(of: record.core.identityKey)
            guard id == ownRecord.id else {
                learn(
                    record, provenance, deadIn: staged.verdicts[id], isChecked: true, in: &turn)
                continue
            }
            if mustClaim, record.standing == .alive {
                mustClaim = false
                view.renewClaim(of: id, at: turn.now)
            }
            learn(record, isFirstPeerList ? .peerList : .sync, in: &turn)
        }
        guard phase == .running else { return }
        if !isFirst { learn(staged.senderRecord, ofSender, in: &turn) }
        if mustClaim { view.renewClaim(of: ownRecord.id, at: turn.now) }
        noteShownBoot(of: staged.senderRecord)
    }
}
