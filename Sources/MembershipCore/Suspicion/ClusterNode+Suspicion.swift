import MembershipWire

/// Suspicions and verdicts, carried out: see `Suspicions`.
extension ClusterNode {
    // MARK: Accusations

    /// Our own probe of `target` has failed.
    mutating func accuse(
        _ target: MemberRecord, _ evidence: Why.Evidence, in turn: inout Turn
    ) {
        let held = suspicions.accuse(
            target, evidence, isSlow: isSlow(target.id, at: turn.now), in: view.table,
            by: authenticator, at: turn.now)
        hold(held, in: &turn)
    }

    /// SUSPECT: another member accuses a member, perhaps us.
    mutating func hear(_ statement: SuspectStatement, in turn: inout Turn) {
        guard statement.target != ownRecord.id else {
            let accusation = DeadStatement.Accusation(
                accuser: statement.accuser, signature: statement.signature)
            return refute(
                [accusation], claimed: statement.incarnation, statement.corePrefix, in: &turn)
        }
        guard let target = view.table[statement.target] else {
            return counters.count(.unknownTarget)
        }
        switch suspicions.weigh(statement, on: target) {
        case .nothing: break
        case .ignored(let reason): counters.count(reason)
        case .outdated(let accuser): correct(accuser, about: target.record, in: &turn)
        case .hearsay, .groundless: suspectOnHearsay(target.record, in: &turn)
        case .counts:
            let accusation = DeadStatement.Accusation(
                accuser: statement.accuser, signature: statement.signature)
            hear(accusation, against: target.record, in: &turn)
        }
    }

    private mutating func hear(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord, in turn: inout Turn
    ) {
        let held = suspicions.hear(
            accusation, against: target, isSlow: isSlow(target.id, at: turn.now), in: view.table,
            by: authenticator, using: &agenda.random, at: turn.now,
            counting: &accounts.counters)
        hold(held, in: &turn)
    }

    private mutating func suspectOnHearsay(_ target: MemberRecord, in turn: inout Turn) {
        let held = suspicions.suspectOnHearsay(
            target, isSlow: isSlow(target.id, at: turn.now), in: view.table, at: turn.now)
        hold(held, in: &turn)
    }

    /// A suspicion without an accuser and without a probe: something else checks the member.
    mutating func suspectWithoutVoice(_ target: MemberRecord, in turn: inout Turn) {
        let held = suspicions.suspectOnHearsay(
            target, isSlow: isSlow(target.id, at: turn.now), in: view.table, mustProbe: false,
            at: turn.now)
        hold(held, in: &turn)
    }

    /// A suspicion has begun or has a further accuser: all members learn of it, and perhaps we probe the member.
    private mutating func hold(_ held: Suspicions.Held?, in turn: inout Turn) {
        guard let held else { return }
        let target = held.target
        if let deadline = held.deadline {
            agenda.deadlines.set(.suspicion(target.id), at: deadline)
        }
        if view.table[target.id]?.state == .alive {
            setState(target, as: .suspect, why: nil, in: &turn)
        }
        if let voice = held.voice {
            spread(
                .suspect(voice.statement(against: target)),
                about: .accusation(of: target.id, by: voice.accuser), .suspicion, at: turn.now)
        }
        if held.mustProbe { probe(target, in: &turn) }
    }

    // MARK: Taking back

    /// The member has answered us: we take our accusation back and let it defend itself.
    mutating func withdrawAccusation(of member: NodeID, in turn: inout Turn) {
        guard let entry = view.table[member],
            let left = suspicions.withdraw(from: member, at: turn.now)
        else {
            return
        }
        gossip.drop(.accusation(of: member, by: ownRecord.id))
        switch left {
        case .othersAccuse(let deadline):
            agenda.deadlines.set(.suspicion(member), at: deadline)
        case .cleared:
            tell(entry, in: &turn)
            let why = Why(
                evidence: .acknowledged, accusers: [], lastAckAge: .zero, ownHealth: localHealth,
                deadline: nil)
            setState(entry.record, as: .alive, why: why, in: &turn)
            suspicions.explain(member, by: nil)
        }
    }

    mutating func restartOwnSuspicions(at now: ClusterInstant) {
        for (target, deadline) in suspicions.restartOwn(at: now) {
            agenda.deadlines.set(.suspicion(target), at: deadline)
        }
    }

    // MARK: Verdicts

    /// The time to refute is over.
    mutating func reachSuspicionDeadline(of target: NodeID, in turn: inout Turn) {
        guard let entry = view.table[target] else { return }
        let step = suspicions.reachDeadline(
            of: entry, heard(of: target, at: turn.now), in: view.table, using: &agenda.random,
            at: turn.now)
        switch step {
        case nil: break
        case .wait(let moment):
            agenda.deadlines.set(.suspicion(target), at: moment)
        case .listen(let others, let moment):
            agenda.deadlines.set(.suspicion(target), at: moment)
            for other in others { sendHeartbeat(to: other, in: &turn) }
        case .finalCheck(let others, let accusation, let mustProbe):
            agenda.deadlines.set(
                .suspicion(target),
                at: turn.now + prober.directTimeout(view[contact: target].reachability))
            for other in others {
                _ = send(.gossip(isFinalCheck: true), [accusation], to: other, in: &turn)
                sendHeartbeat(to: other, in: &turn)
            }
            if mustProbe { probe(entry.record, in: &turn) }
        case .dead(let verdict):
            declareDead(entry.record, verdict, in: &turn)
        }
    }

    private func heard(of target: NodeID, at now: ClusterInstant) -> Suspicion.Heard {
        Suspicion.Heard(
            graceUntil: prober.link.grace(at: now), isOwnLinkDown: prober.link.isDown,
            lastAck: view[contact: target].reachability.lastAck,
            newestAnswered: prober.link.newestAnswered)
    }

    /// DEAD: a verdict of another member, perhaps on us.
    mutating func hear(
        _ verdict: DeadStatement, _ provenance: Provenance, from teller: NodeID,
        in turn: inout Turn
    ) {
        guard verdict.target != ownRecord.id else {
            noteOwnDeath(verdict, in: &turn)
            return refute(
                verdict.accusations, claimed: verdict.incarnation, verdict.corePrefix, in: &turn)
        }
        guard let target = view.table[verdict.target] else {
            return counters.count(.unknownTarget)
        }
        let weight = suspicions.weigh(
            verdict, on: target, lastAck: view[contact: verdict.target].reachability.lastAck,
            isFromSync: provenance == .sync, from: teller, in: view.table, by: authenticator,
            at: turn.now, counting: &accounts.counters)
        switch weight {
        case .nothing: break
        case .ignored(let reason): counters.count(reason)
        case .outdated(let accuser): correct(accuser, about: target.record, in: &turn)
        case .hearsay:
            if target.state == .alive { suspicions.noteTeller(teller, of: verdict.target) }
            suspectOnHearsay(target.record, in: &turn)
        case .groundless:
            counters.count(.unprovenDeath)
            guard accounts.admitsProbe(askedBy: payer(teller), at: turn.now) else { return }
            suspicions.noteTeller(teller, of: verdict.target)
            probe(target.record, in: &turn)
        case .counts:
            for accusation in verdict.accusations where accusation.accuser != ownRecord.id {
                hear(accusation, against: target.record, in: &turn)
            }
            let isBelieved = suspicions.believes(
                verdict, on: target.record, in: view.table, by: authenticator, at: turn.now,
                counting: &accounts.counters)
            guard isBelieved else { return }
            let checked = suspicions.checked(
                verdict, on: target.record, in: view.table, by: authenticator)
            declareDead(target.record, checked, in: &turn)
        }
    }

    private mutating func declareDead(
        _ target: MemberRecord, _ verdict: DeadStatement, in turn: inout Turn
    ) {
        setState(target, as: .dead, why: why(of: target.id, at: turn.now), in: &turn)
        suspicions.keep(verdict)
        spread(.dead(verdict), about: .member(target.id), .verdict, at: turn.now)
    }

    func why(of member: NodeID, at now: ClusterInstant) -> Why? {
        suspicions.why(
            member, lastAckAge: lastAckAge(of: member, at: now), ownHealth: localHealth, at: now)
    }

    // MARK: Corrections

    /// The accusation or verdict that we hold against a member, as that member receives it.
    func accusation(against member: NodeID) -> Item? {
        view.table[member].flatMap(accusation(against:))
    }

    /// Nothing, once its word alone ends a suspicion no more: then only an answer does.
    private func accusation(against member: MemberTable.Entry) -> Item? {
        guard member.state != .suspect || !view.isWordSpent(of: member.record.id) else {
            return nil
        }
        return suspicions.accusation(against: member)
    }

    /// A member that is suspect or dead to us and yet speaks to us learns of it, so that it can refute.
    mutating func tellIfAccused(_ sender: NodeID, in turn: inout Turn) {
        guard let entry = view.table[sender], entry.state == .suspect || entry.state == .dead
        else { return }
        tell(entry, in: &turn)
    }

    private mutating func tell(_ accused: MemberTable.Entry, in turn: inout Turn) {
        guard let item = accusation(against: accused),
            view[contact: accused.record.id].correction.admits(
                at: turn.now, pause: configuration.tellingPause)
        else { return }
        _ = send(.gossip(isFinalCheck: false), [item], to: accused.record, in: &turn)
    }

    /// A stale accusation: its accuser has missed the newer record.
    mutating func correct(
        _ accuser: NodeID?, about record: MemberRecord, in turn: inout Turn
    ) {
        guard let accuser, accuser != ownRecord.id, let entry = view.table[accuser],
            entry.state.isLiving,
            view[contact: accuser].correction.admits(
                at: turn.now, pause: configuration.tellingPause)
        else { return }
        _ = send(.gossip(isFinalCheck: false), [.full(record.full)], to: entry.record, in: &turn)
    }

    /// The final check of another member: what we know better about the accused goes to the one that asks.
    mutating func answerFinalCheck(
        _ items: [Item], to asker: MemberRecord, in turn: inout Turn
    ) {
        guard let item = items.first,
            let better = suspicions.correction(of: item, in: view.table)
        else { return }
        _ = send(.gossip(isFinalCheck: false), [better], to: asker, in: &turn)
    }
}
