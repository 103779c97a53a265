import MembershipWire

/// What joins decide, carried out: see `Joins`. The member that lets us in spreads the news of us; we
/// need not.
extension ClusterNode {
    mutating func join(
        _ endpoint: Endpoint, attempt: UInt64, in turn: inout Turn
    ) {
        guard phase == .running else {
            return turn.effects.append(.notify(.joinFailed(attempt: attempt, .leaving)))
        }
        if endpoint == ownRecord.endpoint {
            return turn.effects.append(.notify(.joinFailed(attempt: attempt, .selfJoin)))
        }
        guard entrance.joins.begin(attempt, at: endpoint, at: turn.now) else { return }
        openStream(.join(attempt: attempt), to: endpoint, in: &turn)
    }

    mutating func failJoin(
        _ attempt: UInt64, _ refusal: JoinRefusal, in turn: inout Turn
    ) {
        guard entrance.joins.fail(attempt) else { return }
        deadlines.cancel(.join(attempt))
        turn.effects.append(.notify(.joinFailed(attempt: attempt, refusal)))
    }

    /// The stream has brought new keys: once more, under those. False if that was tried before.
    mutating func joinWithNewKeys(_ attempt: UInt64, in turn: inout Turn) -> Bool {
        guard phase == .running, let endpoint = entrance.joins.retryWithNewKeys(attempt) else {
            return false
        }
        openStream(.join(attempt: attempt), to: endpoint, in: &turn)
        return true
    }

    /// The peer list is in: now by datagrams.
    mutating func beginHeartbeats(
        ofJoin attempt: UInt64, _ staged: StagedItems, in turn: inout Turn
    ) {
        entrance.joins.beginHeartbeats(
            of: attempt, seed: staged.sender, membersReceived: staged.livingCount, at: turn.now)
        continueJoin(attempt, in: &turn)
    }

    mutating func continueJoin(
        _ attempt: UInt64, in turn: inout Turn
    ) {
        let step = entrance.joins.reachDeadline(
            of: attempt, living: view.table.livingCount, at: turn.now)
        switch step {
        case .heartbeats(let round):
            sendHeartbeats(of: round, in: &turn)
            let pause = random.duration(in: .milliseconds(80) ... .milliseconds(160))
            deadlines.set(.join(attempt), at: turn.now + pause)
        case .completed(let outcome): completeJoin(attempt, outcome, in: &turn)
        case nil: break
        }
    }

    private mutating func sendHeartbeats(of round: Joins.Round, in turn: inout Turn) {
        var targets = randomMembers(3) { id, state in
            state == .alive && id != round.seed && !round.isAgreeing(id)
        }
        if let seed = view.table[round.seed], !round.isAgreeing(round.seed) {
            targets.insert(seed.record, at: 0)
        }
        for target in targets {
            // The seed has our record from the stream; others may not have heard of us yet.
            if target.id != round.seed, view[contact: target.id].lastAck == nil {
                introduce(to: target, in: &turn)
            } else {
                sendHeartbeat(to: target, in: &turn)
            }
        }
    }

    mutating func noteJoinAck(from member: NodeID, in turn: inout Turn) {
        guard !entrance.joins.isEmpty else { return }
        let completed = entrance.joins.noteAck(
            from: member, agrees: view[contact: member].lastView?.hash == view.table.digestHash,
            living: view.table.livingCount, at: turn.now)
        for (attempt, outcome) in completed { completeJoin(attempt, outcome, in: &turn) }
    }

    private mutating func completeJoin(
        _ attempt: UInt64, _ outcome: JoinOutcome, in turn: inout Turn
    ) {
        deadlines.cancel(.join(attempt))
        if !outcome.udpWorks, let record = view.table[outcome.seed]?.record {
            turn.effects.append(.notify(.noUDP(record)))
        }
        turn.effects.append(.notify(.joined(attempt: attempt, outcome)))
    }
}
