import MembershipWire

/// Two members that do not know each other's boot: the question "who are you?", and its answer.
///
/// A frame from an unknown boot cannot be opened, because its key takes both boot keys. So we ask its
/// source, which answers with an introduction: its record. Both travel under the cluster key, and any
/// holder of that key can speak in the name of any boot. Therefore we believe neither. Of an introduction
/// only the record counts, because its owner has signed it. The answer to a question contains nothing
/// that was not public. All answers go to the address in a signed record, never to the address that a
/// packet says it came from. Only the question itself goes there, and it is limited in rate.
extension ClusterNode {
    /// A frame under the cluster key.
    mutating func meet(
        _ datagram: Datagram, _ envelope: Envelope, in turn: inout Turn
    ) {
        switch datagram.body {
        case .heartbeat:
            learnSender(of: datagram, envelope, in: &turn)
            // It may have been more than we take in: then it stays a stranger.
            guard let sender = view.table.id(of: envelope.boot), let entry = view.table[sender]
            else {
                return counters.count(.unknownSender)
            }
            answerHeartbeat(datagram, envelope, from: entry, in: &turn)
            tellIfAccused(sender, in: &turn)
        case .who(let boot, let echoed):
            answerWho(about: boot, echoing: echoed, envelope, in: &turn)
        case .heartbeatAck, .relayHeartbeat, .relayAck, .relayNack, .gossip, .goodbye, .message:
            return
        }
    }

    /// An introduction carries its sender's record, so that we know whom to answer.
    private mutating func learnSender(
        of introduction: Datagram, _ envelope: Envelope, in turn: inout Turn
    ) {
        guard view.table.id(of: envelope.boot) == nil else { return }
        for case .full(let statement) in introduction.items
        where authenticator.bootID(of: statement.core.bootKey) == envelope.boot {
            learn(statement, .introduction, in: &turn)
        }
    }

    /// Whether an unknown member is taken in: see `NewcomerLimits`.
    mutating func admitsNewcomer(_ provenance: Provenance, at now: ClusterInstant) -> Bool {
        switch provenance {
        case .gossip(let teller): entrance.newcomers.admits(from: teller, at: now)
        case .introduction: entrance.newcomers.admitsIntroduction(at: now)
        case .call(let caller):
            view.hasAnswered(caller) || entrance.newcomers.admitsFromStranger(at: now)
        case .rumor, .sync, .peerList: true
        }
    }

    /// A member cannot open a frame that we sent to it. Any holder of the cluster key can say so in
    /// a member's name. So our answer goes to that member, and at most ten times a second.
    private mutating func answerWho(
        about boot: BootID, echoing sequence: UInt64, _ envelope: Envelope,
        in turn: inout Turn
    ) {
        guard boot == ownRecord.boot, own.hasSent(sequence),
            let asker = view.table.id(of: envelope.boot), let entry = view.table[asker]
        else { return counters.count(.unknownSender) }
        guard
            view[contact: asker].introduction.admits(
                every: configuration.introductionPause, at: turn.now)
        else { return }
        introduce(to: entry.record, in: &turn)
    }

    /// Asks a stranger who it is. It is not known to be one of us: a recorded frame looks the same.
    mutating func askWho(
        _ envelope: Envelope, in turn: inout Turn
    ) {
        counters.count(.unknownSender)
        guard phase == .running, entrance.questions.admits(envelope.source, at: turn.now) else {
            return
        }
        let question = Datagram(
            .who(echoedBoot: envelope.boot, echoedSequence: envelope.sequence))
        // We know nothing of a stranger but its boot; this key takes the place of one that is never used.
        let stranger = Destination(
            endpoint: envelope.source, boot: envelope.boot, bootKey: ownRecord.core.bootKey)
        turn.effects.append(.send(question, sequence: own.nextSequence(), to: stranger))
    }
}
