import MembershipWire

/// Calling a silent member by stream: where datagrams get lost or are blocked, a connection may pass.
///
/// It is tried when the relays have been silent too, for half of t2: then it costs next to nothing
/// where all is well, and in time for the verdict of the probe. Only hello and hello-ack are needed:
/// the handshake proves that the very boot we know is speaking. The answer counts whenever it comes;
/// after the probe has failed it takes our accusation back. memberlist has such a fallback too.
extension ClusterNode {
    mutating func callByStream(
        _ target: MemberRecord, _ round: inout ProbeRound, in turn: inout Turn
    ) {
        guard streams.admitsProbe(of: target.id) else { return }
        round.streamAttempt = .noAnswer
        openStream(.probe(target.id), to: target.endpoint, in: &turn)
    }

    /// HELLO_ACK to such a call: it lives. We say who we are and what is held against it, and go.
    mutating func receiveProbeAnswer(
        _ record: FullStatement, _ digest: ViewDigest, of target: NodeID, on id: StreamID,
        in turn: inout Turn
    ) {
        guard authenticator.nodeID(of: record.core.identityKey) == target else {
            _ = closeStream(id, in: &turn)
            return callFailed(target, .refused, at: turn.now)
        }
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        if let accusation = accusation(against: target) {
            turn.effects.append(.writeStream(id, .syncDelta([accusation])))
        }
        turn.effects.append(.writeStream(id, .end(.done)))
        _ = closeStream(id, in: &turn)
        learn(record, .rumor, in: &turn)
        guard let entry = view.table[target], entry.record.core.bootKey == record.core.bootKey
        else {
            return
        }
        noteView(digest, from: target, at: turn.now)
        noteSignOfLife(of: target, in: &turn)
        noteStreamOnly(entry.record, in: &turn)
    }

    /// The probe, if it still runs, remembers what came of the call. A refusal ends it as soon as it
    /// would end for anybody, and the patience with a slow member too.
    mutating func callFailed(_ target: NodeID, _ failure: StreamFailure, at now: ClusterInstant) {
        switch failure {
        case .refused:
            guard let round = probes[target] else { return }
            probes[target]?.streamAttempt = .refused
            guard isSlow(target, at: now) else { return }
            forgetSlowness(of: target, at: now)
            deadlines.setNoLater(.probe(target), than: now + usualIndirectTimeout(round) / 2)
        case .timedOut, .unreachable, .rejected, .broken: break
        }
    }

    // MARK: Who answers by stream only

    /// Twice in a row is no chance: the owner of this node should look at a firewall.
    private mutating func noteStreamOnly(
        _ member: MemberRecord, in turn: inout Turn
    ) {
        let answers = view[contact: member.id].streamOnlyAnswers + 1
        view[contact: member.id].streamOnlyAnswers = answers
        guard answers >= configuration.streamOnlyAnswers else { return }
        let why = Why(
            evidence: .streamOnly, accusers: [], lastAckAge: .zero, ownHealth: health.score,
            deadline: nil)
        suspicions.explain(member.id, by: why)
        if answers == configuration.streamOnlyAnswers {
            turn.effects.append(.notify(.streamOnly(member)))
        }
    }

    /// A datagram of this member has answered one of ours.
    mutating func noteDatagrams(from member: NodeID) {
        guard view[contact: member].streamOnlyAnswers > 0 else { return }
        view[contact: member].streamOnlyAnswers = 0
        suspicions.endStreamOnly(member)
    }
}
