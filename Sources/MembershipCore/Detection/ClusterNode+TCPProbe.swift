import MembershipWire

/// The TCP fallback probe: where datagrams get lost or are blocked, a connection may pass.
///
/// It is tried when the relays have been silent too, for half of t2: then it costs next to nothing
/// where all is well, and in time for the end of the probe. Only hello and hello-ack are needed: the
/// handshake proves that the very boot we know is speaking. The answer counts whenever it comes; after
/// the probe has failed it takes our accusation back. memberlist has such a fallback too.
extension ClusterNode {
    mutating func beginTCPProbe(of target: MemberRecord, in turn: inout Turn) {
        guard streams.admitsProbe(of: target.id), mayCall(target, at: turn.now) else { return }
        prober.noteTCPProbe(of: target.id)
        openStream(.probe(target.id), to: target.endpoint, in: &turn)
    }

    /// HELLO_ACK to a TCP probe: it lives. We say who we are and what is held against it, and go.
    mutating func receiveProbeAnswer(
        _ record: FullStatement, _ digest: ViewDigest, of target: NodeID, on id: StreamID,
        in turn: inout Turn
    ) {
        guard authenticator.nodeID(of: record.core.identityKey) == target else {
            _ = closeStream(id, in: &turn)
            return failTCPProbe(of: target, .refused, at: turn.now)
        }
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        if let accusation = accusation(against: target) {
            turn.effects.append(.writeStream(id, .syncDelta([accusation])))
        }
        turn.effects.append(.writeStream(id, .end(.done)))
        _ = closeStream(id, in: &turn)
        learn(record, .rumor, in: &turn)
        guard let entry = view.table[target], entry.record.core.bootKey == record.core.bootKey
        else { return }
        noteView(digest, from: target, at: turn.now)
        noteSignOfLife(of: target, in: &turn)
        noteTCPAnswer(of: entry.record, in: &turn)
    }

    /// The probe, if it still runs, remembers what came of it. A refusal ends it as soon as it would end for
    /// any member, and the patience with a slow member too.
    mutating func failTCPProbe(
        of target: NodeID, _ failure: StreamFailure, at now: ClusterInstant
    ) {
        switch failure {
        case .refused:
            guard let rest = prober.noteRefusal(of: target), isSlow(target, at: now) else { return }
            forgetSlowness(of: target, at: now)
            agenda.deadlines.setNoLater(.probe(target), than: now + rest)
        case .timedOut, .unreachable, .rejected, .broken: break
        }
    }

    // MARK: Members that answer by TCP only

    /// Twice in a row is no chance: the owner of this node should look at a firewall.
    private mutating func noteTCPAnswer(of member: MemberRecord, in turn: inout Turn) {
        let answers = view[contact: member.id].reachability.noteTCPAnswer()
        guard answers >= configuration.streamOnlyAnswers else { return }
        let why = Why(
            evidence: .streamOnly, accusers: [], lastAckAge: .zero, ownHealth: localHealth,
            deadline: nil)
        suspicions.explain(member.id, by: why)
        if answers == configuration.streamOnlyAnswers {
            turn.effects.append(.notify(.streamOnly(member)))
        }
    }

    /// A datagram of this member has answered one of ours.
    mutating func noteDatagrams(from member: NodeID) {
        guard view[contact: member].reachability.noteDatagram() else { return }
        suspicions.endStreamOnly(member)
    }
}
