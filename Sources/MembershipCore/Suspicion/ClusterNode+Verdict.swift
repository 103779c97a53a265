import MembershipWire

/// When the time to refute is over: a last call, and then a verdict; and what we make of the verdicts of
/// others. Nobody is declared dead on hearsay: only a member that we suspect ourselves, with evidence
/// that we have checked, and never before it had time to refute.
extension ClusterNode {
    /// The time to refute is over.
    mutating func reachSuspicionDeadline(
        of target: NodeID, in turn: inout Turn
    ) {
        guard let suspicion = suspicions[target], let entry = view.table[target] else { return }
        if let later = postponement(of: suspicion, against: target, at: turn.now) {
            return deadlines.set(.suspicion(target), at: later)
        }
        if let call = suspicion.lastCall {
            guard hasBeenHeard(since: call) || isOverdue(suspicion, at: turn.now) else {
                return listen(beforeVerdictOn: target, in: &turn)
            }
        } else if callLast(entry.record, suspicion, in: &turn) {
            return
        }
        let verdict = DeadStatement(
            target: target, corePrefix: entry.record.coreHash.prefix,
            incarnation: entry.record.incarnation, accusations: suspicion.accusations)
        pronounce(entry.record, verdict, in: &turn)
    }

    /// Whether a heartbeat that we sent then or later has been answered: our ears and our link work,
    /// and what was queued for us before has been read. Nobody is buried by who cannot hear.
    private func hasBeenHeard(since call: ClusterInstant) -> Bool {
        newestAnswered.map { $0 >= call } ?? false
    }

    /// Nobody has answered since the last call: ask two more, however many verdicts wait for it.
    private mutating func listen(
        beforeVerdictOn target: NodeID, in turn: inout Turn
    ) {
        let pause = configuration.listeningPause
        deadlines.set(.suspicion(target), at: turn.now + pause)
        if let last = lastListening, turn.now - last < pause { return }
        lastListening = turn.now
        for other in randomMembers(
            configuration.listeningMembers, where: { $1 == .alive && $0 != target })
        {
            sendHeartbeat(to: other, in: &turn)
        }
    }

    /// Long enough without any answer: nobody else may be left.
    private func isOverdue(_ suspicion: Suspicion, at now: ClusterInstant) -> Bool {
        now >= suspicion.startedAt + ownLinkPatience(suspicion.longest)
    }

    func ownLinkPatience(_ longestSuspicion: Duration) -> Duration {
        max(
            longestSuspicion * configuration.postponementFactor,
            configuration.patienceWithOwnLink)
    }

    /// When to ask again, if this is no moment for a verdict: just awake, or everybody is silent to
    /// us (at most 30 s: a broken link), or the accused has answered us since (at most twice the
    /// longest patience).
    private func postponement(
        of suspicion: Suspicion, against target: NodeID, at now: ClusterInstant
    ) -> ClusterInstant? {
        if isInGrace(at: now) { return graceUntil }
        guard suspicion.deadline <= now else { return suspicion.deadline }
        let limit: ClusterInstant
        if failureRun.isOwnFault {
            limit = suspicion.startedAt + ownLinkPatience(suspicion.longest)
        } else if hasAnswered(target, since: suspicion) {
            limit = suspicion.startedAt + suspicion.longest * configuration.postponementFactor
        } else {
            return nil
        }
        return now < limit ? min(limit, now + configuration.verdictRecheck) : nil
    }

    /// Before a verdict two others are asked: perhaps the refutation has only passed us by. A
    /// heartbeat goes along, whose ack shows that we can hear at all. Returns false if there is nobody
    /// to ask.
    private mutating func callLast(
        _ target: MemberRecord, _ suspicion: Suspicion, in turn: inout Turn
    ) -> Bool {
        let asked = randomMembers(configuration.finalCheckMembers) { id, state in
            state == .alive && id != target.id && !suspicion.isAccused(by: id)
        }
        let others =
            asked.isEmpty
            ? randomMembers(configuration.finalCheckMembers) { $1 == .alive && $0 != target.id }
            : asked
        guard !others.isEmpty, let accusation = accusation(against: target.id) else { return false }
        suspicions[target.id]?.lastCall = turn.now
        deadlines.set(.suspicion(target.id), at: turn.now + directTimeout(for: target.id))
        for other in others {
            _ = send(.gossip(isLastCall: true), [accusation], to: other, in: &turn)
            sendHeartbeat(to: other, in: &turn)
        }
        if suspicion.accusations.count < suspicion.quorum {
            probe(target, in: &turn)
        }
        return true
    }

    /// A last call: whatever we know better about the accused goes to the one who asks.
    mutating func answerLastCall(
        _ items: [Item], to asker: MemberRecord, in turn: inout Turn
    ) {
        for item in items.prefix(1) {
            let (target, incarnation): (NodeID, Incarnation)
            switch item {
            case .suspect(let statement):
                (target, incarnation) = (statement.target, statement.incarnation)
            case .dead(let statement):
                (target, incarnation) = (statement.target, statement.incarnation)
            case .full, .refresh, .view, .user, .relay, .proof, .degraded, .unknown: return
            }
            guard let entry = view.table[target] else { return }
            let better: Item
            if entry.record.incarnation > incarnation || entry.state == .left {
                better = .full(entry.record.full)
            } else if let verdict = verdicts[target] {
                better = .dead(verdict)
            } else {
                return
            }
            _ = send(.gossip(isLastCall: false), [better], to: asker, in: &turn)
        }
    }

    private mutating func pronounce(
        _ target: MemberRecord, _ verdict: DeadStatement, in turn: inout Turn
    ) {
        let why = suspicions[target.id].map { self.why(of: target.id, $0, at: turn.now) }
        settle(target, as: .dead, why: why, in: &turn)
        verdicts[target.id] = verdict
        spread(.dead(verdict), about: .member(target.id), .verdict, at: turn.now)
    }

    /// DEAD: a verdict of somebody else. Its voices count like any accusation; it is believed only about
    /// a member that we have suspected long enough ourselves, and that has not answered us since.
    mutating func hear(
        _ verdict: DeadStatement, _ provenance: Provenance, in turn: inout Turn
    ) {
        guard verdict.target != ownRecord.id else {
            return refute(claimed: verdict.incarnation, in: &turn)
        }
        guard let target = view.table[verdict.target] else { return counters.count(.unknownTarget) }
        guard verdict.incarnation >= target.record.incarnation else {
            for accusation in verdict.accusations.prefix(1) {
                correct(accusation.accuser, about: target.record, in: &turn)
            }
            return
        }
        guard verdict.incarnation == target.record.incarnation,
            verdict.corePrefix == target.record.coreHash.prefix
        else { return counters.count(.aheadOfUs) }
        guard target.state.isLiving else { return }
        guard let suspicion = suspicions[verdict.target],
            !hasAnswered(verdict.target, since: suspicion), provenance != .sync
        else {
            // In a datagram anybody says anything: somebody must have signed for it.
            guard provenance == .sync || isProven(verdict, against: target.record, at: turn.now)
            else {
                return counters.count(.unprovenDeath)
            }
            return suspectOnHearsay(target.record, in: &turn)
        }
        for accusation in verdict.accusations where accusation.accuser != ownRecord.id {
            hear(accusation, against: target.record, in: &turn)
        }
        guard isProven(verdict, against: target.record, at: turn.now) else {
            return counters.count(.unprovenDeath)
        }
        guard hadTimeToRefute(verdict.target, at: turn.now) else { return }
        pronounce(target.record, verdict, in: &turn)
    }

    private func hasAnswered(_ target: NodeID, since suspicion: Suspicion) -> Bool {
        view[contact: target].lastAck.map { $0 > suspicion.startedAt } ?? false
    }

    /// Whether half of our own patience is over, by the voices that we have checked. An honest verdict
    /// comes when all of it is over for somebody who suspected hardly earlier than we; whoever makes one
    /// up together with its accusation gives no time to refute. Slowness is left out: who pronounced
    /// has thought of it.
    private func hadTimeToRefute(_ target: NodeID, at now: ClusterInstant) -> Bool {
        guard let suspicion = suspicions[target] else { return false }
        let patience = suspicion.patience(
            from: configuration.shortestSuspicion, to: configuration.longestSuspicion)
        return now - suspicion.startedAt >= patience * configuration.timeToRefutePercent / 100
    }

    /// At least one accuser whom we know and whose voice counts, whose signature holds.
    private mutating func isProven(
        _ verdict: DeadStatement, against target: MemberRecord, at now: ClusterInstant
    ) -> Bool {
        let held = suspicions[target.id]?.accusations ?? []
        if verdict.accusations.contains(where: held.contains) { return true }
        for accusation in verdict.accusations where accusation.accuser != target.id {
            guard let accuser = view.table[accusation.accuser],
                isTrusted(accusation.accuser, against: target.id, at: now)
            else { continue }
            if hasValidSignature(accusation, against: target, by: accuser.record) { return true }
        }
        return false
    }
}
