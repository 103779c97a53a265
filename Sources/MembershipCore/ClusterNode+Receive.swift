import MembershipWire

/// A datagram has come: which conversation is it part of?
extension ClusterNode {
    mutating func receive(
        _ datagram: Datagram, _ envelope: Envelope, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        if datagram.body.suite == .cluster {
            return meet(datagram, envelope, at: now, into: &effects)
        }
        guard let sender = table.id(of: envelope.boot), let entry = table[sender] else {
            return askWho(envelope, at: now, into: &effects)
        }
        noteView(in: datagram, from: sender, at: now)
        proveAddress(of: entry.record, heardFrom: envelope.source)
        switch datagram.body {
        case .heartbeat:
            answerHeartbeat(datagram, envelope, from: entry, at: now, into: &effects)
        case .heartbeatAck(let echoed, _):
            receiveAck(
                echoing: echoed, items: datagram.items, from: sender, at: now, into: &effects)
        case .relayHeartbeat(let target, let token, let timeout):
            relay(
                to: target, token, timeoutMilliseconds: timeout, for: entry.record, envelope,
                at: now, into: &effects)
        case .relayAck(let target, let echoed, let proof):
            receiveRelayAck(
                of: target, echoing: echoed, proof, from: sender, at: now, into: &effects)
        case .relayNack(let target, let echoed, _):
            receiveRelayNack(of: target, echoing: echoed, from: sender)
        case .gossip(let isLastCall):
            if isLastCall {
                answerLastCall(datagram.items, to: entry.record, into: &effects)
            }
        case .who, .goodbye, .message:
            break
        }
        receive(datagram.items, at: now, into: &effects)
        tellIfAccused(sender, at: now, into: &effects)
    }

    /// The rumors of a datagram.
    private mutating func receive(
        _ items: [Item], at now: ClusterInstant, into effects: inout [Effect]
    ) {
        for item in items {
            guard phase == .running || phase == .leaving else { return }
            switch item {
            case .full(let statement): learn(statement, .rumor, at: now, into: &effects)
            case .refresh(let statement): learn(statement, .rumor, at: now, into: &effects)
            case .suspect(let statement): hear(statement, at: now, into: &effects)
            case .dead(let statement): hear(statement, .rumor, at: now, into: &effects)
            case .user(let statement): hear(statement, at: now, into: &effects)
            case .degraded(let statement): hear(statement, at: now)
            case .view, .relay, .proof, .unknown: break
            }
        }
    }

    mutating func nextSequence() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }

    mutating func send(
        _ body: Datagram.Body, _ items: [Item] = [], to record: MemberRecord,
        into effects: inout [Effect]
    ) -> UInt64 {
        let sequence = nextSequence()
        effects.append(
            .send(Datagram(body, items), sequence: sequence, to: record.destination))
        return sequence
    }
}
