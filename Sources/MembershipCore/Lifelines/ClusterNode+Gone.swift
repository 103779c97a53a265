import MembershipWire

/// Accusing a member of being gone, hearing that another does, and declaring it dead for it.
///
/// Hearsay never kills: an accusation makes all others look, and a node that declares a member dead has been
/// refused by its machine itself. Beside GONE there is always an ordinary SUSPECT of the same accuser:
/// where the look brings nothing, the suspicion runs on as any other.
extension ClusterNode {
    /// Our line to it has ended, its machine refuses us, and it has not answered.
    mutating func accuseOfBeingGone(_ member: NodeID, in turn: inout Turn) {
        guard phase == .running, let target = view.table[member]?.record,
            view.table[member]?.state.isLiving == true
        else { return }
        let statement = authenticator.gone(target, by: ownRecord.id)
        accuse(target, .processGone(heartbeats: 0), in: &turn)
        spreadGone(statement, at: turn.now)
        tellLifelines(in: &turn) { lifelines, outlook, wishes in
            lifelines.noteAccusation(
                statement, of: target, isOwn: true, after: .zero, outlook, into: &wishes)
        }
    }

    /// GONE: another has found out that a member is gone, perhaps we.
    mutating func hear(_ statement: GoneStatement, in turn: inout Turn) {
        guard lifelines.isOn else { return }
        guard statement.target != ownRecord.id else {
            return refute(statement, in: &turn)
        }
        guard let target = view.table[statement.target] else {
            return counters.count(.unknownTarget)
        }
        guard statement.incarnation >= target.record.incarnation else {
            return correct(statement.accuser, about: target.record, in: &turn)
        }
        guard statement.incarnation == target.record.incarnation,
            statement.corePrefix == target.record.coreHash.prefix
        else { return counters.count(.aheadOfUs) }
        guard target.state.isLiving, statement.accuser != ownRecord.id,
            lifelines.isNews(statement), isValid(statement, against: target.record, at: turn.now)
        else { return }
        suspectWithoutVoice(target.record, in: &turn)
        spreadGone(statement, at: turn.now)
        let pause = pauseBeforeCheck()
        tellLifelines(about: target.record.id, in: &turn) { lifelines, outlook, wishes in
            lifelines.noteAccusation(
                statement, of: target.record, isOwn: false, after: pause, outlook, into: &wishes)
        }
    }

    private mutating func isValid(
        _ statement: GoneStatement, against target: MemberRecord, at now: ClusterInstant
    ) -> Bool {
        guard statement.accuser != target.id, let accuser = view.table[statement.accuser],
            accuser.state != .left
        else {
            counters.count(.unknownAccuser)
            return false
        }
        guard suspicions.trusts(accuser.record.id, against: target.id, in: view.table, at: now)
        else {
            counters.count(.discountedAccuser)
            return false
        }
        counters.noteCheck()
        let isSigned = authenticator.isSigned(statement, by: accuser.record, against: target)
        if !isSigned { counters.count(.badSignature) }
        return isSigned
    }

    /// Ten thousand that knock within 60 ms would be forty thousand packets at one machine.
    private mutating func pauseBeforeCheck() -> Duration {
        guard view.table.livingCount > configuration.checksAtOnce else { return .zero }
        let longest = Duration.milliseconds(view.table.livingCount / 20)
        return agenda.random.duration(in: .zero...longest)
    }

    private mutating func spreadGone(_ statement: GoneStatement, at now: ClusterInstant) {
        spread(
            .gone(statement), about: .gone(of: statement.target), .gone,
            extraSends: configuration.extraSendsOfGone, at: now)
    }

    // MARK: Checks

    mutating func continueCheck(of target: NodeID, in turn: inout Turn) {
        tellLifelines(in: &turn) { lifelines, outlook, wishes in
            lifelines.proceed(target, outlook, into: &wishes)
        }
    }

    /// A heartbeat of a check. Silence proves something only after heartbeats that were sent.
    mutating func sendCheckingHeartbeat(to member: NodeID, in turn: inout Turn) {
        guard let record = view.table[member]?.record else { return }
        let endpoint = record.endpoint
        if !view[contact: member].address.isProven(endpoint),
            !entrance.trials.hasRoom(for: endpoint, at: turn.now)
        {
            guard entrance.checkTrials.admits(endpoint, at: turn.now) else {
                return lifelines.noteUnsentHeartbeat(to: member)
            }
            entrance.trials.grant(endpoint)
        }
        sendHeartbeat(to: record, in: &turn)
    }

    /// An address that no member was heard from is knocked at no more often than it is sent datagrams.
    mutating func knock(
        _ id: KnockID, at member: NodeID, within patience: Duration, in turn: inout Turn
    ) {
        guard let record = view.table[member]?.record else { return }
        guard
            view[contact: member].address.isProven(record.endpoint)
                || entrance.checkTrials.admits(record.endpoint, at: turn.now)
        else {
            counters.count(.unprovenAddress)
            return receiveKnock(id, .none, in: &turn)
        }
        turn.effects.append(.knock(id, at: record.endpoint, within: patience))
    }

    mutating func receiveKnock(_ id: KnockID, _ answer: KnockAnswer, in turn: inout Turn) {
        tellLifelines(in: &turn) { lifelines, outlook, wishes in
            lifelines.answer(id, answer, outlook, into: &wishes)
        }
    }

    // MARK: The verdict

    /// One other member is asked before the verdict: if it knows a newer record, it answers with it.
    mutating func askFinally(beforeDeclaringGone member: NodeID, in turn: inout Turn) {
        guard let accusation = accusation(against: member) else { return }
        let suspicions = suspicions
        let asked = view.table.sample(1, except: ownRecord.id, using: &agenda.random) { id, state in
            state == .alive && id != member && !suspicions.isAccused(member, by: id)
        }
        for other in asked {
            _ = send(.gossip(isFinalCheck: true), [accusation], to: other, in: &turn)
        }
    }

    mutating func declareGone(_ member: NodeID, heartbeats: Int, in turn: inout Turn) {
        guard phase == .running, let entry = view.table[member], entry.state == .suspect,
            let verdict = suspicions.verdict(on: entry.record)
        else { return }
        var why = why(of: member, at: turn.now)
        why?.evidence = .processGone(heartbeats: heartbeats)
        why?.deadline = nil
        setState(entry.record, as: .dead, why: why, in: &turn)
        suspicions.keep(verdict)
        agenda.deadlines.set(.showing, at: turn.now + configuration.goneShowing)
    }

    /// The rumor may have missed a member: two others see our view, half a second after the last
    /// verdict.
    mutating func showVerdicts(in turn: inout Turn) {
        guard phase == .running else { return }
        let others = view.table.sample(2, except: ownRecord.id, using: &agenda.random) {
            $1 == .alive
        }
        for other in others { sendHeartbeat(to: other, in: &turn) }
    }
}

extension Why {
    /// Whether the member counts as dead because its process is gone.
    package var isGone: Bool {
        switch evidence {
        case .processGone: true
        case .ownProbe, .hearsay, .refuted, .acknowledged, .streamOnly: false
        }
    }
}
