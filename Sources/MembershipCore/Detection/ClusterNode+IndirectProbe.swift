import MembershipWire

/// Asking others to try: perhaps only the path between us and the target is bad.
///
/// SWIM, section 3.2 (ping-req); Lifeguard's nack tells a deaf prober from a dead target. The answer
/// carries the target's own MAC over a token, so a relay can fail to help but cannot lie.
extension ClusterNode {
    // MARK: We ask

    mutating func askRelays(for probe: Prober.IndirectProbe, in turn: inout Turn) {
        let request = Datagram.Body.relayHeartbeat(
            target: probe.target.id, token: probe.token,
            timeoutMilliseconds: probe.timeoutMilliseconds)
        for relay in probe.relays {
            let sequence = send(request, to: relay, in: &turn)
            prober.noteRequest(sequence, to: relay.id, about: probe.target.id)
        }
    }

    mutating func receiveRelayAck(
        of target: NodeID, echoing sequence: UInt64, _ proof: RelayProof, from relay: NodeID,
        in turn: inout Turn
    ) {
        let refusal = prober.refusal(
            of: proof, from: relay, echoing: sequence, about: target, in: view.table,
            by: authenticator)
        if let refusal { return counters.count(refusal) }
        noteDatagrams(from: target)
        noteSignOfLife(of: target, in: &turn)
    }

    mutating func receiveRelayNack(
        _ reason: RelayNackReason, of target: NodeID, echoing sequence: UInt64, from relay: NodeID
    ) {
        let isKnown = prober.noteNack(
            from: relay, echoing: sequence, about: target, hasTried: reason != .busy)
        if !isKnown {
            counters.count(.lateAck)
        }
    }

    // MARK: We are the relay

    /// We try the target, and say so if it does not answer in time.
    mutating func relay(
        to target: NodeID, _ token: RelayToken, timeoutMilliseconds: UInt16,
        for requester: MemberRecord, _ envelope: Envelope, in turn: inout Turn
    ) {
        let task = RelayTasks.Task(
            requester: requester.id, echoedSequence: envelope.sequence, target: target)
        guard let entry = view.table[target], target != ownRecord.id else {
            return refuse(task, .unknownTarget, to: requester, in: &turn)
        }
        guard prober.relaying.admits(requester.id) else {
            return refuse(task, .busy, to: requester, in: &turn)
        }
        let sequence = sendHeartbeat(
            to: entry.record, relaying: (requester.boot, token), in: &turn)
        let patience = prober.relaying.add(
            task, under: sequence, timeoutMilliseconds: timeoutMilliseconds)
        agenda.deadlines.set(.relay(sequence), at: turn.now + patience)
    }

    private mutating func refuse(
        _ task: RelayTasks.Task, _ reason: RelayNackReason, to requester: MemberRecord,
        in turn: inout Turn
    ) {
        let nack = Datagram.Body.relayNack(
            target: task.target, echoedSequence: task.echoedSequence, reason: reason)
        _ = send(nack, to: requester, in: &turn)
    }

    mutating func giveUpRelaying(_ sequence: UInt64, in turn: inout Turn) {
        guard let task = prober.relaying.finish(sequence),
            let requester = view.table[task.requester]
        else { return }
        refuse(task, .noAnswer, to: requester.record, in: &turn)
    }

    /// The target has answered us: its proof goes to the member that asked.
    mutating func passOnProof(
        in items: [Item], _ task: RelayTasks.Task, in turn: inout Turn
    ) {
        guard let requester = view.table[task.requester] else { return }
        for case .proof(let asker, let proof) in items where asker == requester.record.boot {
            let ack = Datagram.Body.relayAck(
                target: task.target, echoedSequence: task.echoedSequence, proof: proof)
            _ = send(ack, to: requester.record, in: &turn)
            return
        }
    }
}
