import MembershipWire

/// A datagram has come: which conversation is it part of?
extension ClusterNode {
    mutating func receive(
        _ datagram: Datagram, _ envelope: Envelope, in turn: inout Turn
    ) {
        if datagram.body.suite == .cluster {
            return meet(datagram, envelope, in: &turn)
        }
        guard let sender = view.table.id(of: envelope.boot), let entry = view.table[sender] else {
            return askWho(envelope, in: &turn)
        }
        noteView(in: datagram, from: sender, at: turn.now)
        noteStates(in: datagram, from: sender, at: turn.now)
        proveAddress(of: entry.record, heardFrom: envelope.source)
        switch datagram.body {
        case .heartbeat:
            answerHeartbeat(datagram, envelope, from: entry, in: &turn)
        case .heartbeatAck(let echoed, _):
            receiveAck(
                echoing: echoed, items: datagram.items, from: entry.record, in: &turn)
        case .relayHeartbeat(let target, let token, let timeout):
            relay(
                to: target, token, timeoutMilliseconds: timeout, for: entry.record, envelope,
                in: &turn)
        case .relayAck(let target, let echoed, let proof):
            receiveRelayAck(
                of: target, echoing: echoed, proof, from: sender, in: &turn)
        case .relayNack(let target, let echoed, let reason):
            receiveRelayNack(reason, of: target, echoing: echoed, from: sender)
        case .gossip(let isFinalCheck):
            if isFinalCheck {
                answerFinalCheck(datagram.items, to: entry.record, in: &turn)
            }
        case .message(let type, let payload):
            hear(type: type, payload, from: entry, in: &turn)
        case .who, .goodbye:
            break
        }
        takeIn(datagram.items, from: entry.record, in: &turn)
        tellIfAccused(sender, in: &turn)
    }

    mutating func send(
        _ body: Datagram.Body, _ items: [Item] = [], to record: MemberRecord,
        in turn: inout Turn
    ) -> UInt64 {
        let sequence = own.nextSequence()
        turn.effects.append(
            .send(Datagram(body, items), sequence: sequence, to: record.destination))
        return sequence
    }
}
