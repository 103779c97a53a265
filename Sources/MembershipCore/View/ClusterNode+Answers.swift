import MembershipWire

/// The consequences of answers, and of their absence: see `Answers`.
extension ClusterNode {
    /// Our own probe of a member, soon: where all members look for themselves at one moment, each waits
    /// a while of its own first.
    mutating func probeSoon(_ target: MemberRecord, in turn: inout Turn) {
        guard prober.hasRoomForLook else { return }
        let members = view.table.countedCount
        let spread =
            members > configuration.unspreadLooks
            ? min(configuration.lookSpread * members, configuration.period) : .zero
        let delay = spread > .zero ? agenda.random.duration(in: .zero...spread) : .zero
        probe(target, after: delay, in: &turn)
    }

    /// A member that has never answered us does not answer a probe either. Invented members come in crowds:
    /// the next two that are as new are probed at once, so that a crowd does not wait for its turns.
    mutating func lookAtNewcomers(after target: MemberRecord, in turn: inout Turn) {
        guard !view.hasAnswered(target.id) else { return }
        let newcomers = view.table.sample(
            configuration.looksAfterFailure, except: ownRecord.id, among: .untried,
            using: &agenda.random
        ) { _, _ in true }
        for newcomer in newcomers where prober.hasRoomForLook { probe(newcomer, in: &turn) }
    }

    // MARK: Suspicions

    /// Whether a newer statement leaves the suspicion of its member as it is: two were ended by its word
    /// alone, and it has not answered us.
    func outlasts(_ record: MemberRecord, _ known: MemberTable.Entry) -> Bool {
        known.state == .suspect && record.standing == .alive && record.boot == known.record.boot
            && view.isWordSpent(of: record.id)
    }

    /// Takes in what a suspected member states; the suspicion and its deadline stay, and we look for
    /// ourselves.
    mutating func keepSuspecting(_ record: MemberRecord, in turn: inout Turn) {
        setState(record, as: .suspect, why: nil, in: &turn)
        suspicions.carryOver(to: record)
        probeSoon(record, in: &turn)
    }

    // MARK: Deaths

    /// Whether what a member states that is dead to us is not believed before it answers us.
    func needsAnswer(_ record: MemberRecord, _ known: MemberTable.Entry) -> Bool {
        known.state == .dead && record.standing == .alive && record.boot == known.record.boot
            && !view[contact: record.id].answers.mayRevive
    }

    /// Whether it is too early to look at such a statement again.
    func isTooEarly(_ record: MemberRecord, _ known: MemberTable.Entry, at now: ClusterInstant)
        -> Bool
    {
        needsAnswer(record, known)
            && !view[contact: record.id].answers.admitsClaim(
                every: configuration.claimPause, at: now)
    }

    /// A member that is dead to us states that it is alive, and its word alone is not enough: we look for
    /// ourselves, and go on telling it the incarnation that we hold.
    mutating func hearClaim(_ record: MemberRecord, in turn: inout Turn) {
        counters.count(.unansweredClaim)
        view[contact: record.id].answers.keepClaim(record, at: turn.now)
        probeSoon(record, in: &turn)
    }

    /// It did not answer the probe that this had begun.
    mutating func noteUnanswered(_ record: MemberRecord, in turn: inout Turn) {
        guard view[contact: record.id].answers.admitsReport() else { return }
        turn.effects.append(.notify(.uncallable(record)))
    }

    /// Others hold us for dead. If no heartbeat of ours is answered either, it is the address that we state.
    mutating func noteOwnDeath(_ verdict: DeadStatement, in turn: inout Turn) {
        guard phase == .running, verdict.corePrefix == ownRecord.coreHash.prefix else { return }
        let accusers = verdict.accusations.compactMap { view.table[$0.accuser]?.record }
        noteUncallable(accusedBy: accusers, in: &turn)
    }

    /// Others accuse us, and no heartbeat of ours is answered: joins under way say so, and a report once in a
    /// while.
    mutating func noteUncallable(accusedBy accusers: [MemberRecord], in turn: inout Turn) {
        guard prober.isUnheard(at: turn.now) else { return }
        for attempt in entrance.joins.noteCalledInVain(by: accusers.map(\.id)) {
            agenda.deadlines.set(.join(attempt), at: turn.now)
        }
        guard own.admitsAddressReport(every: configuration.addressReportPause, at: turn.now)
        else { return }
        turn.effects.append(
            .notify(.ownAddressUncallable(ownRecord.endpoint, by: accusers)))
    }

    /// The member has answered us: what it stated while it was dead to us holds now.
    mutating func believeClaim(of member: NodeID, in turn: inout Turn) {
        guard view.table[member]?.state == .dead, let claim = view.takeClaim(of: member) else {
            return
        }
        learn(claim, in: &turn)
    }
}
