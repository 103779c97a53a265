import MembershipWire

/// Asking others to try: perhaps only the path between us and the target is bad.
///
/// SWIM, section 3.2 (ping-req); Lifeguard's nack tells a deaf prober from a dead target. The answer
/// carries the target's own MAC over a token, so a relay can fail to help but cannot lie.
extension ClusterNode {
    /// Sends the token of this round to `relays` random members.
    mutating func askRelays(
        about target: MemberRecord, _ round: inout ProbeRound, within timeout: Duration,
        in turn: inout Turn
    ) {
        let token = round.token ?? makeToken()
        round.token = token
        let relays = randomMembers(configuration.relays) {
            $0 != target.id && $1 == .alive
        }
        for relay in relays {
            let request = Datagram.Body.relayHeartbeat(
                target: target.id, token: token,
                timeoutMilliseconds: UInt16(
                    clamping: timeout.milliseconds * Int64(configuration.nackPercent) / 100))
            let sequence = send(request, to: relay, in: &turn)
            round.relays.append((sequence, relay.id))
        }
    }

    private mutating func makeToken() -> RelayToken {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: random.next())
        bytes.append(bigEndian: random.next())
        return authenticator.makeRelayToken(RelayToken(Octets16(bytes: bytes) ?? Octets16()))
    }

    /// We are the relay: try the target, and say so if it does not answer in time.
    mutating func relay(
        to target: NodeID, _ token: RelayToken, timeoutMilliseconds: UInt16,
        for requester: MemberRecord, _ envelope: Envelope, in turn: inout Turn
    ) {
        guard let entry = view.table[target], target != ownRecord.id else {
            return refuseRelay(of: target, .unknownTarget, to: requester, envelope, in: &turn)
        }
        guard relayTasks.count < Bounds.queueEntries else {
            return refuseRelay(of: target, .busy, to: requester, envelope, in: &turn)
        }
        let sequence = sendHeartbeat(
            to: entry.record, relaying: (requester.boot, token), in: &turn)
        relayTasks[sequence] = RelayTask(
            requester: requester.id, echoedSequence: envelope.sequence, target: target)
        let patience = min(
            max(.milliseconds(Int64(timeoutMilliseconds)), configuration.shortestRelayWait),
            configuration.longestRelayWait)
        deadlines.set(.relay(sequence), at: turn.now + patience)
    }

    private mutating func refuseRelay(
        of target: NodeID, _ reason: RelayNackReason, to requester: MemberRecord,
        _ envelope: Envelope, in turn: inout Turn
    ) {
        let nack = Datagram.Body.relayNack(
            target: target, echoedSequence: envelope.sequence, reason: reason)
        _ = send(nack, to: requester, in: &turn)
    }

    mutating func giveUpRelaying(
        _ sequence: UInt64, in turn: inout Turn
    ) {
        guard let task = relayTasks.removeValue(forKey: sequence),
            let requester = view.table[task.requester]
        else { return }
        let nack = Datagram.Body.relayNack(
            target: task.target, echoedSequence: task.echoedSequence, reason: .noAnswer)
        _ = send(nack, to: requester.record, in: &turn)
    }

    /// The target has answered us: its proof goes to the one who asked.
    mutating func passOnProof(
        in items: [Item], _ task: RelayTask, in turn: inout Turn
    ) {
        guard let requester = view.table[task.requester] else { return }
        for case .proof(let asker, let proof) in items where asker == requester.record.boot {
            let ack = Datagram.Body.relayAck(
                target: task.target, echoedSequence: task.echoedSequence, proof: proof)
            _ = send(ack, to: requester.record, in: &turn)
            return
        }
    }

    mutating func receiveRelayAck(
        of target: NodeID, echoing sequence: UInt64, _ proof: RelayProof, from relay: NodeID,
        in turn: inout Turn
    ) {
        guard let round = probes[target], let token = round.token, let entry = view.table[target],
            round.relays.contains(where: { $0.sequence == sequence && $0.relay == relay })
        else { return counters.count(.lateAck) }
        guard authenticator.isValid(proof, of: token, by: entry.record.core.bootKey) else {
            return counters.count(.badRelayProof)
        }
        noteDatagrams(from: target)
        noteSignOfLife(of: target, in: &turn)
    }

    mutating func receiveRelayNack(of target: NodeID, echoing sequence: UInt64, from relay: NodeID)
    {
        guard var round = probes[target],
            let index = round.relays.firstIndex(where: {
                $0.sequence == sequence && $0.relay == relay
            })
        else { return counters.count(.lateAck) }
        // Counted once: a second nack to the same request finds another sequence.
        round.relays[index].sequence = 0
        round.nacks += 1
        probes[target] = round
    }
}
