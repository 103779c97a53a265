import MembershipWire

/// From a failed probe to a suspicion, and back.
///
/// SWIM, section 4.2: who does not answer is suspected first, everybody is told, and it can refute
/// by a higher incarnation. Lifeguard, section IV.B: the deadline comes closer with each independent
/// accuser. On hearing the first accusation some members look for themselves, so that a real crash
/// finds its accusers within milliseconds. What becomes of it: `+Verdict`, `+Telling`.
extension ClusterNode {
    /// Our own probe of `target` has failed.
    mutating func accuse(
        _ target: MemberRecord, _ evidence: Why.Evidence, in turn: inout Turn
    ) {
        let text = SignedText.suspicion(
            target: target.id, target.coreHash, target.incarnation, accuser: ownRecord.id)
        let accusation = DeadStatement.Accusation(
            accuser: ownRecord.id, signature: authenticator.sign(text))
        count(accusation, against: target, evidence, in: &turn)
    }

    /// SUSPECT: somebody accuses a member, perhaps us.
    mutating func hear(
        _ statement: SuspectStatement, in turn: inout Turn
    ) {
        guard statement.target != ownRecord.id else {
            return refute(claimed: statement.incarnation, in: &turn)
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
        // Our own voice comes back to us from everybody.
        guard target.state.isLiving, statement.accuser != ownRecord.id else { return }
        let accusation = DeadStatement.Accusation(
            accuser: statement.accuser, signature: statement.signature)
        hear(accusation, against: target.record, in: &turn)
    }

    /// The accusation of another, in a statement of its own or as a voice of a verdict.
    mutating func hear(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord,
        in turn: inout Turn
    ) {
        guard isNewAndValid(accusation, against: target, at: turn.now) else { return }
        count(accusation, against: target, .hearsay, in: &turn)
    }

    /// Novelty and bounds first, the signature second.
    private mutating func isNewAndValid(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord,
        at now: ClusterInstant
    ) -> Bool {
        if let suspicion = suspicions[target.id], !suspicion.wouldStrengthen(accusation.accuser) {
            return false
        }
        guard accusation.accuser != target.id, let accuser = view.table[accusation.accuser],
            accuser.state != .left
        else {
            counters.count(.unknownAccuser)
            return false
        }
        guard isTrusted(accuser.record.id, against: target.id, at: now) else { return false }
        let open = suspicions.values.lazy.filter { $0.isAccused(by: accusation.accuser) }.count
        guard open < Bounds.accusationsPerAccuser else {
            counters.count(.tooManyAccusations)
            return false
        }
        return hasValidSignature(accusation, against: target, by: accuser.record)
    }

    mutating func hasValidSignature(
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
        _ evidence: Why.Evidence, in turn: inout Turn
    ) {
        let isFirst = suspicions[target.id] == nil
        var suspicion = suspicions[target.id] ?? newSuspicion(of: target, evidence, at: turn.now)
        guard suspicion.wouldStrengthen(accusation.accuser) else { return }
        suspicion.strengthen(by: accusation)
        hold(suspicion, against: target, in: &turn)
        spread(
            suspectItem(accusation, against: target),
            about: .accusation(of: target.id, by: accusation.accuser), .suspicion, at: turn.now)
        if isFirst, accusation.accuser != ownRecord.id,
            random.chance(configuration.witnesses, in: max(1, view.table.livingCount))
        {
            probe(target, in: &turn)
        }
    }

    /// What we are told about a member that looks alive to us counts no accuser: look for ourselves.
    mutating func suspectOnHearsay(
        _ target: MemberRecord, in turn: inout Turn
    ) {
        guard suspicions[target.id] == nil else { return }
        hold(newSuspicion(of: target, .hearsay, at: turn.now), against: target, in: &turn)
        probe(target, in: &turn)
    }

    private func newSuspicion(
        of target: MemberRecord, _ evidence: Why.Evidence, at now: ClusterInstant
    ) -> Suspicion {
        let shortest = shortestSuspicion(of: target.id, at: now)
        return Suspicion(
            of: target.incarnation, at: now, shortest: shortest,
            longest: max(shortest, configuration.longestSuspicion),
            quorum: min(configuration.quorum, view.table.livingCount - 2), evidence: evidence)
    }

    private mutating func hold(
        _ suspicion: Suspicion, against target: MemberRecord, in turn: inout Turn
    ) {
        suspicions[target.id] = suspicion
        // After the last call there is time for an answer, whoever else accuses.
        if suspicion.lastCall == nil {
            deadlines.set(.suspicion(target.id), at: max(suspicion.deadline, turn.now))
        }
        if view.table[target.id]?.state == .alive {
            settle(target, as: .suspect, why: nil, in: &turn)
        }
    }

    mutating func clearSuspicion(of target: NodeID) {
        guard suspicions.removeValue(forKey: target) != nil else { return }
        deadlines.cancel(.suspicion(target))
        gossip.dropAll(about: target)
    }

    /// An ack came from somebody we accuse: we take our voice back and let it defend itself.
    mutating func withdrawAccusation(
        of member: NodeID, in turn: inout Turn
    ) {
        guard var suspicion = suspicions[member], let entry = view.table[member] else { return }
        suspicion.withdraw(ownRecord.id)
        gossip.drop(.accusation(of: member, by: ownRecord.id))
        guard suspicion.accusations.isEmpty else {
            suspicions[member] = suspicion
            deadlines.set(.suspicion(member), at: suspicion.deadline)
            return
        }
        tell(entry, in: &turn)
        let why = Why(
            evidence: .acknowledged, accusers: [], lastAckAge: .zero, ownHealth: health.score,
            deadline: nil)
        settle(entry.record, as: .alive, why: why, in: &turn)
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

    func why(of id: NodeID, _ suspicion: Suspicion, at now: ClusterInstant) -> Why {
        Why(
            evidence: suspicion.evidence, accusers: suspicion.accusers,
            lastAckAge: lastAckAge(of: id, at: now), ownHealth: health.score,
            deadline: max(.zero, suspicion.deadline - now))
    }
}
