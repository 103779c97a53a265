import MembershipWire

/// From a failed probe to a verdict, and back.
///
/// SWIM, section 4.2: who does not answer is suspected first, everybody is told, and it can refute
/// by a higher incarnation. Lifeguard, section IV.B: the deadline comes closer with each independent
/// accuser. On hearing the first accusation some members look for themselves, so that a real crash
/// finds its accusers within milliseconds. Nobody is declared dead on hearsay.
extension ClusterNode {
    /// Our own probe of `target` has failed.
    mutating func accuse(
        _ target: MemberRecord, _ evidence: Why.Evidence, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        let text = SignedText.suspicion(
            target: target.id, target.coreHash, target.incarnation, accuser: ownRecord.id)
        let accusation = DeadStatement.Accusation(
            accuser: ownRecord.id, signature: authenticator.sign(text))
        count(accusation, against: target, evidence, at: now, into: &effects)
    }

    /// SUSPECT: somebody accuses a member, perhaps us.
    mutating func hear(
        _ statement: SuspectStatement, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        guard statement.target != ownRecord.id else {
            return refute(claimed: statement.incarnation, at: now, into: &effects)
        }
        guard let target = table[statement.target] else { return counters.count(.unknownTarget) }
        guard statement.incarnation >= target.record.incarnation else {
            return correct(statement.accuser, about: target.record, at: now, into: &effects)
        }
        guard statement.incarnation == target.record.incarnation,
            statement.corePrefix == target.record.coreHash.prefix
        else { return counters.count(.aheadOfUs) }
        guard target.state.isLiving else { return }
        let accusation = DeadStatement.Accusation(
            accuser: statement.accuser, signature: statement.signature)
        guard isNewAndValid(accusation, against: target.record) else { return }
        count(accusation, against: target.record, .hearsay, at: now, into: &effects)
    }

    /// Novelty and bounds first, the signature second.
    private mutating func isNewAndValid(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord
    ) -> Bool {
        if let suspicion = suspicions[target.id], !suspicion.wouldStrengthen(accusation.accuser) {
            return false
        }
        guard accusation.accuser != ownRecord.id, accusation.accuser != target.id,
            let accuser = table[accusation.accuser], accuser.state != .left
        else {
            counters.count(.unknownAccuser)
            return false
        }
        let open = suspicions.values.lazy.filter { $0.isAccused(by: accusation.accuser) }.count
        guard open < Bounds.accusationsPerAccuser else {
            counters.count(.tooManyAccusations)
            return false
        }
        return hasValidSignature(accusation, against: target, by: accuser.record)
    }

    private mutating func hasValidSignature(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord,
        by accuser: MemberRecord
    ) -> Bool {
        let text = SignedText.suspicion(
            target: target.id, target.coreHash, target.incarnation, accuser: accuser.id)
        let isValid = authenticator.isValid(
            accusation.signature, of: text, by: accuser.core.identityKey)
        if !isValid { counters.count(.badSignature) }
        return isValid
    }

    /// Holds one more checked accusation, tells others, and perhaps looks for itself.
    private mutating func count(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord,
        _ evidence: Why.Evidence, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        let isFirst = suspicions[target.id] == nil
        var suspicion = suspicions[target.id] ?? newSuspicion(of: target, evidence, at: now)
        guard suspicion.wouldStrengthen(accusation.accuser) else { return }
        suspicion.strengthen(by: accusation)
        hold(suspicion, against: target, at: now, into: &effects)
        spread(
            suspectItem(accusation, against: target),
            about: .accusation(of: target.id, by: accusation.accuser), .suspicion, at: now)
        if isFirst, accusation.accuser != ownRecord.id,
            random.chance(6, in: max(1, table.livingCount))
        {
            probe(target, at: now, into: &effects)
        }
    }

    /// What we are told about a member that looks alive to us counts no accuser: look for ourselves.
    private mutating func suspectOnHearsay(
        _ target: MemberRecord, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        guard suspicions[target.id] == nil else { return }
        hold(newSuspicion(of: target, .hearsay, at: now), against: target, at: now, into: &effects)
        probe(target, at: now, into: &effects)
    }

    private func newSuspicion(
        of target: MemberRecord, _ evidence: Why.Evidence, at now: ClusterInstant
    ) -> Suspicion {
        Suspicion(
            of: target.incarnation, at: now, shortest: configuration.shortestSuspicion,
            longest: configuration.longestSuspicion, quorum: min(3, table.livingCount - 2),
            evidence: evidence)
    }

    private mutating func hold(
        _ suspicion: Suspicion, against target: MemberRecord, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        suspicions[target.id] = suspicion
        deadlines.set(.suspicion(target.id), at: max(suspicion.deadline, now))
        if table[target.id]?.state == .alive {
            settle(target, as: .suspect, why: nil, at: now, into: &effects)
        }
    }

    mutating func clearSuspicion(of target: NodeID) {
        guard suspicions.removeValue(forKey: target) != nil else { return }
        deadlines.cancel(.suspicion(target))
        rumors.removeAll(about: target)
    }

    /// An ack came from somebody we accuse: we take our voice back and let it defend itself.
    mutating func withdrawAccusation(
        of member: NodeID, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        guard var suspicion = suspicions[member], let entry = table[member] else { return }
        suspicion.withdraw(ownRecord.id)
        rumors.remove(about: .accusation(of: member, by: ownRecord.id))
        guard suspicion.accusations.isEmpty else {
            suspicions[member] = suspicion
            deadlines.set(.suspicion(member), at: suspicion.deadline)
            return
        }
        tell(entry, at: now, into: &effects)
        let why = Why(
            evidence: .acknowledged, accusers: [], lastAckAge: .zero, ownHealth: health.score,
            deadline: nil)
        settle(entry.record, as: .alive, why: why, at: now, into: &effects)
        reasons[member] = nil
    }

    /// A long silence of everybody has ended: it was our own link, and our suspicions mean nothing.
    mutating func restartOwnSuspicions(at now: ClusterInstant) {
        for target in suspicions.keys.sorted() {
            guard var suspicion = suspicions[target], suspicion.isAccused(by: ownRecord.id)
            else { continue }
            suspicion.restart(at: now)
            suspicions[target] = suspicion
            deadlines.set(.suspicion(target), at: suspicion.deadline)
        }
    }

    /// The time to refute is over.
    mutating func reachSuspicionDeadline(
        of target: NodeID, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        guard let suspicion = suspicions[target], let entry = table[target] else { return }
        if let later = postponement(of: suspicion, against: target, at: now) {
            return deadlines.set(.suspicion(target), at: later)
        }
        if !suspicion.hasCalledLast, callLast(entry.record, suspicion, at: now, into: &effects) {
            return
        }
        let verdict = DeadStatement(
            target: target, corePrefix: entry.record.coreHash.prefix,
            incarnation: entry.record.incarnation, accusations: suspicion.accusations)
        pronounce(entry.record, verdict, at: now, into: &effects)
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
            limit =
                suspicion.startedAt
                + max(suspicion.longest * 2, CoreConfiguration.patienceWithOwnLink)
        } else if contacts[target]?.lastAck.map({ $0 > suspicion.startedAt }) ?? false {
            limit = suspicion.startedAt + suspicion.longest * 2
        } else {
            return nil
        }
        return now < limit ? min(limit, now + .milliseconds(250)) : nil
    }

    /// Before a verdict two others are asked: perhaps the refutation has only passed us by. Returns
    /// false if there is nobody to ask.
    private mutating func callLast(
        _ target: MemberRecord, _ suspicion: Suspicion, at now: ClusterInstant,
        into effects: inout [Effect]
    ) -> Bool {
        let asked = randomMembers(2) { id, state in
            state == .alive && id != target.id && !suspicion.isAccused(by: id)
        }
        let others = asked.isEmpty ? randomMembers(2) { $1 == .alive && $0 != target.id } : asked
        guard !others.isEmpty, let accusation = accusation(against: target.id) else { return false }
        suspicions[target.id]?.hasCalledLast = true
        deadlines.set(.suspicion(target.id), at: now + directTimeout(for: target.id))
        for other in others {
            _ = send(.gossip(isLastCall: true), [accusation], to: other, into: &effects)
        }
        if suspicion.accusations.count < suspicion.quorum {
            probe(target, at: now, into: &effects)
        }
        return true
    }

    /// A last call: whatever we know better about the accused goes to the one who asks.
    mutating func answerLastCall(
        _ items: [Item], to asker: MemberRecord, into effects: inout [Effect]
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
            guard let entry = table[target] else { return }
            let better: Item
            if entry.record.incarnation > incarnation || entry.state == .left {
                better = .full(entry.record.full)
            } else if let verdict = verdicts[target] {
                better = .dead(verdict)
            } else {
                return
            }
            _ = send(.gossip(isLastCall: false), [better], to: asker, into: &effects)
        }
    }

    private mutating func pronounce(
        _ target: MemberRecord, _ verdict: DeadStatement, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        let why = suspicions[target.id].map { self.why(of: target.id, $0, at: now) }
        settle(target, as: .dead, why: why, at: now, into: &effects)
        verdicts[target.id] = verdict
        spread(.dead(verdict), about: .member(target.id), .verdict, at: now)
    }

    /// DEAD: a verdict of somebody else. Believed only about a member that we suspect ourselves,
    /// that has not answered us since, and with an accusation whose signature we have checked.
    mutating func hear(
        _ verdict: DeadStatement, _ hearing: Hearing, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        guard verdict.target != ownRecord.id else {
            return refute(claimed: verdict.incarnation, at: now, into: &effects)
        }
        guard let target = table[verdict.target] else { return counters.count(.unknownTarget) }
        guard verdict.incarnation >= target.record.incarnation else {
            for accusation in verdict.accusations.prefix(1) {
                correct(accusation.accuser, about: target.record, at: now, into: &effects)
            }
            return
        }
        guard verdict.incarnation == target.record.incarnation,
            verdict.corePrefix == target.record.coreHash.prefix
        else { return counters.count(.aheadOfUs) }
        guard target.state.isLiving else { return }
        let hasAnswered =
            suspicions[verdict.target].map { suspicion in
                contacts[verdict.target]?.lastAck.map { $0 > suspicion.startedAt } ?? false
            } ?? true
        guard !hasAnswered, hearing != .sync else {
            return suspectOnHearsay(target.record, at: now, into: &effects)
        }
        guard isProven(verdict, against: target.record) else {
            return counters.count(.unprovenDeath)
        }
        pronounce(target.record, verdict, at: now, into: &effects)
    }

    /// At least one accuser whom we know, whose signature holds.
    private mutating func isProven(_ verdict: DeadStatement, against target: MemberRecord) -> Bool {
        let held = suspicions[target.id]?.accusations ?? []
        if verdict.accusations.contains(where: held.contains) { return true }
        for accusation in verdict.accusations where accusation.accuser != target.id {
            guard let accuser = table[accusation.accuser] else { continue }
            if hasValidSignature(accusation, against: target, by: accuser.record) { return true }
        }
        return false
    }

    // MARK: Showing it to the accused, and correcting who is behind

    /// What we hold against a member, as it is shown to that member.
    func accusation(against member: NodeID) -> Item? {
        guard let entry = table[member] else { return nil }
        if let suspicion = suspicions[member] {
            if let first = suspicion.accusations.first {
                return suspectItem(first, against: entry.record)
            }
            return .dead(
                DeadStatement(
                    target: member, corePrefix: entry.record.coreHash.prefix,
                    incarnation: entry.record.incarnation, accusations: []))
        }
        return entry.state == .dead
            ? .dead(
                verdicts[member]
                    ?? DeadStatement(
                        target: member, corePrefix: entry.record.coreHash.prefix,
                        incarnation: entry.record.incarnation, accusations: [])) : nil
    }

    private func suspectItem(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord
    ) -> Item {
        .suspect(
            SuspectStatement(
                target: target.id, corePrefix: target.coreHash.prefix,
                incarnation: target.incarnation, accuser: accusation.accuser,
                signature: accusation.signature))
    }

    /// Whoever is suspect or dead to us and yet speaks to us is told so.
    mutating func tellIfAccused(
        _ sender: NodeID, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        guard let entry = table[sender], entry.state == .suspect || entry.state == .dead else {
            return
        }
        tell(entry, at: now, into: &effects)
    }

    private mutating func tell(
        _ accused: MemberTable.Entry, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        let id = accused.record.id
        if let last = contacts[id]?.lastTold, now - last < .milliseconds(200) { return }
        guard let item = accusation(against: id) else { return }
        contacts[id, default: Contact()].lastTold = now
        _ = send(.gossip(isLastCall: false), [item], to: accused.record, into: &effects)
    }

    /// A stale accusation: who made it has missed the newer record. At most five answers a second
    /// to one member.
    private mutating func correct(
        _ accuser: NodeID, about record: MemberRecord, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        guard let entry = table[accuser], entry.state.isLiving, accuser != ownRecord.id else {
            return
        }
        if let last = contacts[accuser]?.lastTold, now - last < .milliseconds(200) { return }
        contacts[accuser, default: Contact()].lastTold = now
        _ = send(
            .gossip(isLastCall: false), [.full(record.full)], to: entry.record, into: &effects)
    }

    func why(of id: NodeID, _ suspicion: Suspicion, at now: ClusterInstant) -> Why {
        Why(
            evidence: suspicion.evidence, accusers: suspicion.accusers,
            lastAckAge: lastAckAge(of: id, at: now), ownHealth: health.score,
            deadline: max(.zero, suspicion.deadline - now))
    }
}
