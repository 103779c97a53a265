import MembershipWire

/// How a statement reached us: it decides what we make of it and whether we pass it on.
enum Hearing: Sendable {
    /// In a datagram, from anybody.
    case rumor
    /// In a sync, or in the list that a newcomer brought: others here may not know it yet.
    case sync
    /// In the list that we were given when joining: the others here know it.
    case peerList
}

/// Taking in what members state about themselves: novelty first, the signature second, and only
/// then is anything stored, told or passed on.
extension ClusterNode {
    mutating func learn(
        _ statement: FullStatement, _ hearing: Hearing, deadIn verdict: DeadStatement? = nil,
        isChecked: Bool = false, in turn: inout Turn
    ) {
        let id = authenticator.nodeID(of: statement.core.identityKey)
        let known = table[id]
        let same = known?.record.core == statement.core ? known?.record : nil
        let coreHash = same?.coreHash ?? authenticator.hash(of: statement.core.bytes)
        let boot = same?.boot ?? authenticator.bootID(of: statement.core.bootKey)
        if id == ownRecord.id {
            return meetOwnIdentity(
                statement, coreHash: coreHash, boot: boot, hearing, in: &turn)
        }
        // Everybody tells everybody: most of it we hold already, to the letter.
        if let same, same.incarnation == statement.incarnation,
            same.standing == statement.standing
        {
            return
        }
        let record = MemberRecord(
            verified: same?.core ?? statement.core, id: id, boot: boot, coreHash: coreHash,
            incarnation: statement.incarnation, standing: statement.standing,
            signature: statement.signature)
        adopt(
            record, over: known, hearing, deadIn: verdict, isChecked: isChecked, in: &turn)
    }

    mutating func learn(
        _ statement: RefreshStatement, _ hearing: Hearing, in turn: inout Turn
    ) {
        guard statement.member != ownRecord.id else {
            return hearOfOurselves(statement, in: &turn)
        }
        guard let known = table[statement.member],
            known.record.coreHash.prefix == statement.corePrefix
        else { return counters.count(.aheadOfUs) }
        guard
            known.record.incarnation != statement.incarnation
                || known.record.standing != statement.standing
        else { return }
        let record = MemberRecord(
            verified: known.record.core, id: statement.member, boot: known.record.boot,
            coreHash: known.record.coreHash, incarnation: statement.incarnation,
            standing: statement.standing, signature: statement.signature)
        adopt(record, over: known, hearing, deadIn: nil, in: &turn)
    }

    /// A REFRESH in our own name. Ahead of us it is of a copy of this process, if we have signed it.
    private mutating func hearOfOurselves(
        _ statement: RefreshStatement, in turn: inout Turn
    ) {
        guard statement.incarnation > ownRecord.incarnation else { return }
        guard statement.corePrefix == ownRecord.coreHash.prefix else {
            return counters.count(.aheadOfUs)
        }
        let text = SignedText.statement(
            ownRecord.coreHash, statement.incarnation, statement.standing)
        guard
            authenticator.isValid(
                statement.signature, of: text, by: ownRecord.core.identityKey)
        else { return counters.count(.badSignature) }
        outbid(statement.incarnation, in: &turn)
    }

    /// Takes in a record, if it is news. Its signature is checked here unless it was before.
    private mutating func adopt(
        _ record: MemberRecord, over known: MemberTable.Entry?, _ hearing: Hearing,
        deadIn verdict: DeadStatement?, isChecked: Bool = false, in turn: inout Turn
    ) {
        if let known {
            noteEquivocation(record, against: known.record, in: &turn)
            guard record.isNewer(than: known.record) else { return }
            guard known.record.incarnation.mayJump(to: record.incarnation) else {
                return counters.count(.incarnationJump)
            }
            // Left is final for this life; only a new boot starts another.
            if known.state == .left, record.boot == known.record.boot {
                return counters.count(.revivedLeft)
            }
        } else {
            guard
                record.standing == .left
                    ? table.count < configuration.entryLimit
                    : table.livingCount < configuration.memberLimit
            else { return counters.count(.tableFull) }
        }
        // Whoever states another's boot as its own would be sent what is the other's.
        if let holder = table.id(of: record.boot), holder != record.id,
            table[holder]?.state.isLiving == true
        {
            return counters.count(.foreignBoot)
        }
        let text = SignedText.statement(record.coreHash, record.incarnation, record.standing)
        guard
            isChecked
                || authenticator.isValid(record.signature, of: text, by: record.core.identityKey)
        else { return counters.count(.badSignature) }
        noteRefutation(by: record, at: turn.now)
        if known == nil, table.count >= configuration.entryLimit {
            dropOldestTombstones(in: &turn)
        }
        if known == nil, let verdict, verdict.incarnation == record.incarnation,
            verdict.corePrefix == record.coreHash.prefix, record.standing == .alive
        {
            return bury(record, by: verdict, at: turn.now)
        }
        let state: MemberState = record.standing == .left ? .left : .alive
        if let known { noteLateAnswer(of: known, record, at: turn.now) }
        settle(
            record, as: state, why: nil, isNewcomer: hearing != .peerList, in: &turn)
        guard hearing != .peerList else { return }
        rumors.removeAll(about: record.id)
        let needsCore = known == nil || known?.record.core != record.core
        spread(
            needsCore ? .full(record.full) : .refresh(record.refresh), about: .member(record.id),
            needsCore ? .record : .refutation, at: turn.now)
    }

    /// Remembers a member that was dead before we ever heard of it.
    private mutating func bury(
        _ record: MemberRecord, by verdict: DeadStatement, at now: ClusterInstant
    ) {
        table.put(record, .dead, since: now)
        verdicts[record.id] = verdict
        viewChangedAt = now
    }

    /// The one place where the state of another member changes.
    mutating func settle(
        _ record: MemberRecord, as state: MemberState, why: Why?, isNewcomer: Bool = false,
        in turn: inout Turn
    ) {
        let old = table[record.id]
        let digestBefore = table.digestHash
        let bearersBefore = bearers(around: record, after: old?.record)
        table.put(record, state, since: turn.now, isNewcomer: isNewcomer)
        if table.digestHash != digestBefore { viewChangedAt = turn.now }
        if old?.record.boot != record.boot {
            contacts[record.id] = nil
            forgetProbe(of: record.id)
        }
        if state != .suspect { clearSuspicion(of: record.id) }
        if state != .dead { verdicts[record.id] = nil }
        reasons[record.id] = state == .alive && why == nil ? nil : why
        if state.isLiving, old?.state.isLiving != true {
            schedule.insert(record.id, using: &random)
        } else if !state.isLiving {
            forgetProbe(of: record.id)
        }
        for kind in changes(from: old, to: record, state) {
            notifyChange(kind, of: record.id, in: &turn)
        }
        noteNames(of: record, after: old, bearersBefore, in: &turn)
    }

    private func changes(
        from old: MemberTable.Entry?, to record: MemberRecord, _ state: MemberState
    ) -> [MemberChange.Kind] {
        switch state {
        case .suspect: return old?.state == .suspect ? [] : [.suspected]
        case .dead: return [.failed]
        case .left:
            // Who had left before and leaves again was away from here for a whole life.
            return old == nil || old?.state == .left ? [] : [.left]
        case .alive:
            guard let old, old.state.isLiving else { return [.joined] }
            var kinds: [MemberChange.Kind] = old.state == .suspect ? [.recovered] : []
            if old.record.core != record.core { kinds.append(.updated) }
            return kinds
        }
    }

    mutating func notifyChange(
        _ kind: MemberChange.Kind, of id: NodeID, in turn: inout Turn
    ) {
        guard let entry = table[id] else { return }
        let why =
            suspicions[id].map { self.why(of: id, $0, at: turn.now) }
            ?? reasons[id]
            ?? (kind == .recovered
                ? Why(
                    evidence: .refuted, accusers: [], lastAckAge: lastAckAge(of: id, at: turn.now),
                    ownHealth: health.score, deadline: nil) : nil)
        turn.effects.append(
            .notify(
                .changed(
                    MemberChange(
                        kind: kind, record: entry.record, name: shownName(of: entry.record),
                        state: entry.state, why: why))))
    }

    func lastAckAge(of id: NodeID, at now: ClusterInstant) -> Duration? {
        contacts[id]?.lastAck.map { now - $0 }
    }

    mutating func dropOldTombstones(in turn: inout Turn) {
        deadlines.set(.tombstones, at: turn.now + .seconds(60))
        for id in tombstones(olderThan: configuration.tombstoneAge, at: turn.now) {
            drop(id, in: &turn)
        }
        for id in tombstones(olderThan: configuration.sharedTombstoneAge, at: turn.now) {
            table.stopSharing(id)
        }
    }

    /// The table is full of tombstones and a living member wants in: a 64th of them goes, the oldest
    /// first. Whoever invents members that have left keeps nobody out.
    private mutating func dropOldestTombstones(
        in turn: inout Turn
    ) {
        let oldest = tombstones(olderThan: .zero, at: turn.now)
            .sorted { (table[$0]?.since ?? turn.now, $0) < (table[$1]?.since ?? turn.now, $1) }
        for id in oldest.prefix(max(1, configuration.tombstoneLimit / 64)) {
            drop(id, in: &turn)
        }
    }

    private mutating func drop(
        _ id: NodeID, in turn: inout Turn
    ) {
        notifyChange(.removed, of: id, in: &turn)
        table.remove(id)
        contacts[id] = nil
        reasons[id] = nil
        verdicts[id] = nil
        equivocations[id] = nil
        userMessages.forget(id)
    }

    private func tombstones(olderThan age: Duration, at now: ClusterInstant) -> [NodeID] {
        guard table.count > table.livingCount else { return [] }
        return (0..<table.count).compactMap { index in
            let entry = table.entry(at: index)
            return !entry.state.isLiving && now - entry.since >= age
                && entry.record.id != ownRecord.id
                ? entry.record.id : nil
        }
    }

    /// By command: no longer listed, yet kept against old rumors.
    mutating func forget(_ id: NodeID, in turn: inout Turn) {
        guard let entry = table[id], !entry.state.isLiving, id != ownRecord.id else { return }
        table.forget(id)
        turn.effects.append(
            .notify(
                .changed(
                    MemberChange(
                        kind: .removed, record: entry.record, name: shownName(of: entry.record),
                        state: entry.state, why: nil))))
    }
}
