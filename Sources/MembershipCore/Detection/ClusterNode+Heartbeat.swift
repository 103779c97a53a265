import MembershipWire

/// Heartbeats and acks as they travel: the content of each, and the rules that learn of an ack.
extension ClusterNode {
    /// A heartbeat to `target`, with what we hold against it and what news fits beside.
    @discardableResult
    mutating func sendHeartbeat(
        to target: MemberRecord, relaying relay: (requester: BootID, token: RelayToken)? = nil,
        also extra: [Item] = [], in turn: inout Turn
    ) -> UInt64 {
        var items: [Item] = [.view(viewDigest)]
        if let relay { items.append(.relay(requester: relay.requester, token: relay.token)) }
        items += extra
        if let accusation = accusation(against: target.id) { items.append(accusation) }
        if let stateView { items.append(stateView) }
        var heartbeat = Datagram(.heartbeat(isIntroduction: false), items)
        gossip.piggyback(on: &heartbeat, upTo: configuration.heartbeatBytes, to: target.id)
        return send(heartbeat, to: target, in: &turn)
    }

    /// A heartbeat that says who we are, for members that may not know our boot: those of a cluster that we
    /// have just joined, and those that ask "who are you?". Not knowing us they can only read it under the
    /// cluster key, which others hold too; so it says nothing but what we signed.
    mutating func introduce(to target: MemberRecord, in turn: inout Turn) {
        let introduction = Datagram(
            .heartbeat(isIntroduction: true), [.full(ownRecord.full), .view(viewDigest)])
        _ = send(introduction, to: target, in: &turn)
    }

    private mutating func send(
        _ heartbeat: Datagram, to target: MemberRecord, in turn: inout Turn
    ) -> UInt64 {
        let sequence = own.nextSequence()
        turn.effects.append(.send(heartbeat, sequence: sequence, to: target.destination))
        prober.noteHeartbeat(sequence, to: target, at: turn.now)
        return sequence
    }

    /// An ack is never longer than the heartbeat that it answers, so that an attacker cannot flood
    /// a victim through us.
    mutating func answerHeartbeat(
        _ heartbeat: Datagram, _ envelope: Envelope, from sender: MemberTable.Entry,
        in turn: inout Turn
    ) {
        var ack = Datagram(
            .heartbeatAck(
                echoedSequence: envelope.sequence, health: UInt8(clamping: localHealth)),
            [.view(viewDigest)])
        for case .relay(let requester, let token) in heartbeat.items {
            guard let asker = view.table.id(of: requester).flatMap({ view.table[$0] }),
                let proof = authenticator.relayProof(of: token, for: asker.record.core.bootKey)
            else { continue }
            ack.items.append(.proof(requester: requester, proof: proof))
        }
        let step = Bounds.plaintextStep
        let budget = (heartbeat.byteCount + step - 1) / step * step
        if let stateView, ack.byteCount + stateView.byteCount <= budget {
            ack.items.append(stateView)
        }
        gossip.piggyback(on: &ack, upTo: budget, to: sender.record.id)
        turn.effects.append(
            .send(ack, sequence: own.nextSequence(), to: sender.record.destination))
    }

    /// The hash of all states; nil where no member publishes any.
    private var stateView: Item? {
        states.viewHash == 0 ? nil : .stateView(states.viewHash)
    }

    mutating func receiveAck(
        echoing sequence: UInt64, items: [Item], from sender: MemberRecord, in turn: inout Turn
    ) {
        let sentAt = prober.sentAt(of: sequence)
        let ack = prober.receiveAck(
            of: sequence, from: sender, isCounted: view.table.isCounted(sender.id),
            &view[contact: sender.id].reachability, at: turn.now)
        switch ack {
        case .ignored(let reason): return counters.count(reason)
        case .accepted(let isOurPaceSlow): if isOurPaceSlow { sayDegraded(at: turn.now) }
        }
        proveAddress(of: sender)
        if let task = prober.relaying.finish(sequence) {
            agenda.deadlines.cancel(.relay(sequence))
            passOnProof(in: items, task, in: &turn)
        }
        noteDatagrams(from: sender.id)
        noteSignOfLife(of: sender.id, askedAt: sentAt, in: &turn)
        noteFarewellAck(from: sender.id, to: sequence, in: &turn)
        noteJoinAck(from: sender.id, in: &turn)
    }
}
