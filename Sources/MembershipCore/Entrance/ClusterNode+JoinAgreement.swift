import MembershipWire

/// The end of a join, carried out: see `JoinAgreement`. The member that let us in spreads the news of us;
/// we need not.
extension ClusterNode {
    /// The peer list is in: now by datagrams.
    mutating func beginHeartbeats(
        ofJoin attempt: UInt64, _ staged: StagedItems, in turn: inout Turn
    ) {
        entrance.joins.beginHeartbeats(
            of: attempt, seed: staged.sender, membersReceived: staged.livingCount, at: turn.now)
        continueJoin(attempt, in: &turn)
        leaveIfWanted(in: &turn)
    }

    mutating func continueJoin(
        _ attempt: UInt64, in turn: inout Turn
    ) {
        let step = entrance.joins.reachDeadline(
            of: attempt, living: view.table.livingCount, at: turn.now)
        switch step {
        case .heartbeats(let agreement):
            sendHeartbeats(for: agreement, in: &turn)
            let pause = agenda.random.duration(
                in: configuration.shortestJoinPause...configuration.longestJoinPause)
            agenda.deadlines.set(.join(attempt), at: turn.now + pause)
        case .question(let seed):
            askSeed(seed, in: &turn)
            agenda.deadlines.set(
                .join(attempt), at: turn.now + configuration.longestJoinPause)
        case .completed(let outcome): completeJoin(attempt, outcome, in: &turn)
        case nil: break
        }
    }

    /// No heartbeat was acknowledged. In a sync the seed says whether members got no answer from us.
    private mutating func askSeed(_ seed: NodeID, in turn: inout Turn) {
        guard let record = view.table[seed]?.record, mayCall(record, at: turn.now) else { return }
        openStream(.sync, to: record.endpoint, in: &turn)
    }

    /// A member that we called accuses us, and no heartbeat of ours is answered: then others cannot call us
    /// at the address that we state.
    mutating func noteCalledInVain(_ statement: SuspectStatement, in turn: inout Turn) {
        guard phase == .running, statement.corePrefix == ownRecord.coreHash.prefix,
            let accuser = view.table[statement.accuser]?.record
        else { return }
        noteUncallable(accusedBy: [accuser], in: &turn)
    }

    private mutating func sendHeartbeats(for agreement: JoinAgreement, in turn: inout Turn) {
        var targets = randomMembers(configuration.joinHeartbeats) { id, state in
            state == .alive && id != agreement.seed && !agreement.isAgreeing(id)
        }
        if let seed = view.table[agreement.seed], !agreement.isAgreeing(agreement.seed) {
            targets.insert(seed.record, at: 0)
        }
        for target in targets {
            // The seed has our record from the stream; others may not have heard of us yet.
            if target.id != agreement.seed, view[contact: target.id].reachability.lastAck == nil {
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
        agenda.deadlines.cancel(.join(attempt))
        announceState(at: turn.now)
        if !outcome.udpWorks, outcome.calledInVainBy.isEmpty,
            let record = view.table[outcome.seed]?.record
        {
            turn.effects.append(.notify(.noUDP(record)))
        }
        turn.effects.append(.notify(.joined(attempt: attempt, outcome)))
    }
}
