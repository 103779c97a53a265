import MembershipWire

/// Entering a cluster: one stream to any member brings the full peer list both ways; then heartbeats
/// show that datagrams pass and that the views agree.
///
/// hello, hello-ack, join, peer list (memberlist: push/pull join). The member that let us in spreads
/// the news of us; we need not.
extension ClusterNode {
    mutating func join(
        _ endpoint: Endpoint, attempt: UInt64, in turn: inout Turn
    ) {
        guard phase == .running else {
            turn.effects.append(.notify(.joinFailed(attempt: attempt, .leaving)))
            return
        }
        if endpoint == ownRecord.endpoint {
            turn.effects.append(.notify(.joinFailed(attempt: attempt, .selfJoin)))
            return
        }
        guard joins[attempt] == nil else { return }
        let stream = openStream(
            .joiner(attempt: attempt), to: endpoint, .join, in: &turn)
        joins[attempt] = JoinProgress(endpoint: endpoint, startedAt: turn.now, stream: stream)
    }

    mutating func failJoin(
        _ attempt: UInt64, _ refusal: JoinRefusal, in turn: inout Turn
    ) {
        guard joins.removeValue(forKey: attempt) != nil else { return }
        deadlines.cancel(.join(attempt))
        turn.effects.append(.notify(.joinFailed(attempt: attempt, refusal)))
    }

    /// The peer list is in: now by datagrams.
    mutating func beginHeartbeats(
        ofJoin attempt: UInt64, _ session: StreamSession, in turn: inout Turn
    ) {
        guard var progress = joins[attempt], let seed = session.remote else { return }
        progress.seed = authenticator.nodeID(of: seed.core.identityKey)
        let brought = session.brought
        let standing = brought.records.lazy.filter { $0.statement.standing == .alive }.count
        progress.membersReceived = max(0, standing - brought.verdicts.count)
        progress.heartbeatsSince = turn.now
        joins[attempt] = progress
        continueJoin(attempt, in: &turn)
    }

    /// Another round of heartbeats: to the seed, and to others that do not agree yet.
    mutating func continueJoin(
        _ attempt: UInt64, in turn: inout Turn
    ) {
        guard let progress = joins[attempt], let since = progress.heartbeatsSince,
            let seedID = progress.seed
        else { return }
        guard turn.now - since < CoreConfiguration.joinPatience else {
            return completeJoin(attempt, viewsAgree: false, in: &turn)
        }
        var targets = randomMembers(3) { id, state in
            state == .alive && id != seedID && !progress.agreeing.contains(id)
        }
        if let seed = table[seedID], !progress.agreeing.contains(seedID) {
            targets.insert(seed.record, at: 0)
        }
        for target in targets {
            // The seed has our record from the stream; others may not have heard of us yet.
            if target.id != seedID, contacts[target.id]?.lastAck == nil {
                introduce(to: target, in: &turn)
            } else {
                sendHeartbeat(to: target, in: &turn)
            }
        }
        let pause = random.duration(in: .milliseconds(80) ... .milliseconds(160))
        deadlines.set(.join(attempt), at: turn.now + pause)
    }

    /// A heartbeat of ours was acknowledged: every join under way counts it.
    mutating func noteJoinAck(
        from member: NodeID, in turn: inout Turn
    ) {
        let agrees = contacts[member]?.lastView?.hash == table.digestHash
        for attempt in joins.keys.sorted() where joins[attempt]?.heartbeatsSince != nil {
            joins[attempt]?.isAcknowledged = true
            if agrees { joins[attempt]?.agreeing.insert(member) }
            let needed = min(4, max(1, table.livingCount - 1))
            guard let progress = joins[attempt], progress.agreeing.count >= needed else { continue }
            completeJoin(attempt, viewsAgree: true, in: &turn)
        }
    }

    private mutating func completeJoin(
        _ attempt: UInt64, viewsAgree: Bool, in turn: inout Turn
    ) {
        guard let progress = joins.removeValue(forKey: attempt), let seed = progress.seed else {
            return
        }
        deadlines.cancel(.join(attempt))
        if !progress.isAcknowledged, let record = table[seed]?.record {
            turn.effects.append(.notify(.noUDP(record)))
        }
        let outcome = JoinOutcome(
            seed: seed, membersReceived: progress.membersReceived,
            membersAlive: table.livingCount, elapsed: turn.now - progress.startedAt,
            udpWorks: progress.isAcknowledged, viewsAgree: viewsAgree)
        turn.effects.append(.notify(.joined(attempt: attempt, outcome)))
    }

    /// Whether a join of ours waits for views to agree: differences are then settled at once.
    var isJoining: Bool { joins.values.contains { $0.heartbeatsSince != nil } }
}
