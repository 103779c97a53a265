import MembershipWire

/// Probes, carried out: see `Prober`.
extension ClusterNode {
    mutating func beginPeriod(in turn: inout Turn) {
        prober.dropStaleHeartbeats(at: turn.now)
        if phase == .running {
            let turns = prober.beginPeriod(in: view.table, using: &agenda.random)
            if let target = turns.probed { probe(target, in: &turn) }
            if let target = turns.unanswering { probe(target, in: &turn) }
            if let dead = turns.dead { sendHeartbeat(to: dead, in: &turn) }
        }
        planPeriod(after: turn.now)
    }

    mutating func planPeriod(after now: ClusterInstant) {
        agenda.deadlines.set(.period, at: prober.nextPeriod(after: now, in: view.table))
    }

    mutating func probe(
        _ record: MemberRecord, after delay: Duration = .zero, in turn: inout Turn
    ) {
        guard phase == .running, let wait = beginProbe(of: record, after: delay) else { return }
        agenda.deadlines.set(.probe(record.id), at: turn.now + wait)
        if delay == .zero { sendHeartbeat(to: record, in: &turn) }
    }

    private mutating func beginProbe(
        of record: MemberRecord, after delay: Duration = .zero
    ) -> Duration? {
        let id = record.id
        let isDead = view.table[id]?.state == .dead
        let target = Prober.Target(
            record: record, isAnswering: view.isAnswering(id) && !isDead, isDead: isDead)
        return prober.begin(target, view[contact: id].reachability, after: delay)
    }

    /// Asks relays at once, and tries TCP half of t2 later.
    mutating func probeIndirectly(_ target: MemberRecord, in turn: inout Turn) {
        guard phase == .running, beginProbe(of: target) != nil else {
            sendHeartbeat(to: target, in: &turn)
            return
        }
        continueProbe(of: target.id, in: &turn)
    }

    /// t1 or a half of t2 is over.
    mutating func continueProbe(of target: NodeID, in turn: inout Turn) {
        let step = prober.reachDeadline(
            of: target, isSlow: isSlow(target, at: turn.now), in: view.table,
            by: authenticator, using: &agenda.random, at: turn.now)
        switch step {
        case .void, .failedByOurFault: break
        case .unanswered(let record): noteUnanswered(record, in: &turn)
        case .direct(let record, let moment):
            agenda.deadlines.set(.probe(target), at: moment)
            sendHeartbeat(to: record, in: &turn)
        case .indirect(let probe, let moment):
            askRelays(for: probe, in: &turn)
            agenda.deadlines.set(.probe(target), at: moment)
            sendHeartbeat(to: probe.target, in: &turn)
        case .tcpProbe(let target, let moment):
            beginTCPProbe(of: target, in: &turn)
            agenda.deadlines.set(.probe(target.id), at: moment)
        case .failed(let target, let evidence):
            accuse(target, evidence, in: &turn)
            lookAtNewcomers(after: target, in: &turn)
        }
    }

    mutating func forgetProbe(of target: NodeID) {
        prober.forget(target)
        agenda.deadlines.cancel(.probe(target))
    }

    /// A member has answered us: itself, through a relay that could not have made it up, or by TCP.
    mutating func noteSignOfLife(
        of member: NodeID, askedAt moment: ClusterInstant? = nil, in turn: inout Turn
    ) {
        tellLifelines(in: &turn) { lifelines, outlook, wishes in
            lifelines.noteAnswer(
                of: member, askedAt: moment ?? outlook.now, at: outlook.now, into: &wishes)
        }
        let answer = prober.noteAnswer(
            of: member, &view[contact: member].reachability, at: turn.now)
        view.noteAnswer(of: member)
        if answer.endsProbe { agenda.deadlines.cancel(.probe(member)) }
        if answer.endsSilence { restartOwnSuspicions(at: turn.now) }
        suspicions.noteAnswer(of: member, at: turn.now)
        withdrawAccusation(of: member, in: &turn)
        believeClaim(of: member, in: &turn)
    }

    /// We have overslept: what we were waiting for proves nothing.
    mutating func oversleep(at now: ClusterInstant) {
        for deadline in prober.oversleep(at: now) { agenda.deadlines.cancel(deadline) }
    }

    /// Lifeguard's local health: 0 is well, 8 the worst.
    package var localHealth: Int { prober.link.score }
}
