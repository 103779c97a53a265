import MembershipWire

/// Taking in what members state about themselves: novelty first, the signature second, and only then is
/// anything stored, notified or passed on. See `View.read` and `View.novelty`.
extension ClusterNode {
    mutating func learn(
        _ statement: FullStatement, _ provenance: Provenance, deadIn verdict: DeadStatement? = nil,
        isChecked: Bool = false, in turn: inout Turn
    ) {
        let id = authenticator.nodeID(of: statement.core.identityKey)
        guard id != ownRecord.id else {
            let isSame = statement.core == ownRecord.core
            return meetOwnIdentity(
                statement,
                coreHash: isSame
                    ? ownRecord.coreHash : authenticator.hash(of: statement.core.bytes),
                boot: isSame ? ownRecord.boot : authenticator.bootID(of: statement.core.bootKey),
                provenance, in: &turn)
        }
        switch view.read(statement, of: id, by: authenticator) {
        case .held: break
        case .stated(let record, let known):
            adopt(
                record, over: known, provenance, deadIn: verdict, isChecked: isChecked, in: &turn)
        }
    }

    mutating func learn(
        _ statement: RefreshStatement, _ provenance: Provenance, in turn: inout Turn
    ) {
        guard statement.member != ownRecord.id else {
            return meetOwnIdentity(statement, in: &turn)
        }
        switch view.read(statement) {
        case nil: counters.count(.aheadOfUs)
        case .held: break
        case .stated(let record, let known):
            adopt(record, over: known, provenance, deadIn: nil, in: &turn)
        }
    }

    /// Takes in a record that was kept until now; its signature has been checked.
    mutating func learn(_ checked: MemberRecord, in turn: inout Turn) {
        adopt(
            checked, over: view.table[checked.id], .rumor, deadIn: nil, isChecked: true, in: &turn)
    }

    /// Takes in a record, if it is news.
    private mutating func adopt(
        _ record: MemberRecord, over known: MemberTable.Entry?, _ provenance: Provenance,
        deadIn verdict: DeadStatement?, isChecked: Bool = false, in turn: inout Turn
    ) {
        guard known.map({ mayFollow($0, record, deadIn: verdict, in: &turn) }) ?? true else {
            return
        }
        let novelty = view.novelty(of: record, over: known)
        switch novelty {
        case .none: return
        case .refused(let reason):
            counters.count(reason)
            if reason == .foreignBoot { meetBootClaim(record, in: &turn) }
            return
        case .news: break
        }
        if !isChecked {
            if let known, keepUnchecked(record, over: known.record, provenance, at: turn.now) {
                return
            }
            counters.noteCheck()
            guard authenticator.isSigned(record) else { return counters.count(.badSignature) }
        }
        if let known, !admits(record, over: known.record, at: turn.now) { return }
        if known == nil, !admitsNewcomer(provenance, at: turn.now) {
            return counters.count(.tooManyNewcomers)
        }
        if known == nil {
            for id in view.tombstonesToReplace(except: ownRecord.id, at: turn.now) {
                drop(id, in: &turn)
            }
        }
        if known?.state.isLiving != true, let verdict, verdict.isDeath(of: record) {
            return bury(record, over: known, verdict, in: &turn)
        }
        if let known, needsAnswer(record, known) { return hearClaim(record, in: &turn) }
        believe(record, over: known, provenance, in: &turn)
    }

    /// Whether a statement may be the next one of this member at all; otherwise it is counted.
    private mutating func mayFollow(
        _ known: MemberTable.Entry, _ record: MemberRecord, deadIn verdict: DeadStatement?,
        in turn: inout Turn
    ) -> Bool {
        guard known.record.core.identityKey == record.core.identityKey else {
            counters.count(.foreignIdentity)
            return false
        }
        noteEquivocation(record, against: known.record, in: &turn)
        guard verdict == nil, isTooEarly(record, known, at: turn.now) else { return true }
        counters.count(.unansweredClaim)
        return false
    }

    /// Takes in news that is signed and admitted, and passes it on.
    private mutating func believe(
        _ record: MemberRecord, over known: MemberTable.Entry?, _ provenance: Provenance,
        in turn: inout Turn
    ) {
        let isDoubted = known.map { outlasts(record, $0) } ?? false
        if let known, !isDoubted { revise(known, by: record, in: &turn) }
        if isDoubted {
            keepSuspecting(record, in: &turn)
        } else {
            setState(
                record, as: record.standing == .left ? .left : .alive, why: nil,
                isNewcomer: provenance != .peerList, in: &turn)
        }
        guard isForOthers(record, over: known, provenance) else { return }
        gossip.dropAll(about: record.id)
        let needsCore = known == nil || known?.record.core != record.core
        // A member that has heard of its death must not miss its return.
        let isBack = lifelines.isOn && known.map { $0.record.boot != record.boot } == true
        spread(
            needsCore ? .full(record.full) : .refresh(record.refresh), about: .member(record.id),
            needsCore ? .record : .refutation,
            extraSends: isBack ? configuration.extraSendsOfGone : 0, at: turn.now)
    }

    /// Whether what was learned is passed on. A tombstone that a stream has brought is not, if its member was
    /// unknown here: no rumor about that member is on its way, and the comparison of views brings the tombstone
    /// where it is lacking.
    private func isForOthers(
        _ record: MemberRecord, over known: MemberTable.Entry?, _ provenance: Provenance
    ) -> Bool {
        switch provenance {
        case .peerList: false
        case .sync, .call: known != nil || record.standing == .alive
        case .rumor, .gossip, .introduction: true
        }
    }

    /// A member was dead before we heard of it, or died once more while it was dead to us.
    private mutating func bury(
        _ record: MemberRecord, over known: MemberTable.Entry?, _ verdict: DeadStatement,
        in turn: inout Turn
    ) {
        if known == nil {
            view.addDead(record, at: turn.now)
            gossip.beginMessages(of: record, isOver: true)
        } else {
            setState(record, as: .dead, why: nil, in: &turn)
        }
        suspicions.keep(verdict, isChecked: false)
    }

    /// Notes what a newer statement, which is believed, says of what we held about its member until now.
    private mutating func revise(
        _ known: MemberTable.Entry, by record: MemberRecord, in turn: inout Turn
    ) {
        suspicions.noteRefutation(
            by: record, over: known,
            hasAnswered: view.hasAnswered(record.id), at: turn.now)
        noteLateAnswer(of: known, record, at: turn.now)
        guard record.standing == .alive, record.boot == known.record.boot else { return }
        switch known.state {
        case .suspect:
            guard view.table.isUnanswering(record.id) else { return }
            view[contact: record.id].answers.endSuspicionByWord()
        case .dead: view[contact: record.id].answers.revive()
        case .alive, .left: break
        }
    }

    private mutating func noteEquivocation(
        _ record: MemberRecord, against known: MemberRecord, in turn: inout Turn
    ) {
        guard Equivocation.isSuspected(in: record, against: known),
            !view.hasToldEquivocation(of: record.id)
        else { return }
        counters.noteCheck()
        guard authenticator.isSigned(record) else { return counters.count(.badSignature) }
        counters.count(.equivocation)
        let evidence = Equivocation(first: known.full, second: record.full)
        view.keep(evidence, of: record.id)
        turn.effects.append(.notify(.equivocation(evidence)))
    }
}
