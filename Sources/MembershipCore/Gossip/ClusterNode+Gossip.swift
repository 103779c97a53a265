import MembershipWire

/// Carries out the decisions about gossip: see `Gossip`.
extension ClusterNode {
    /// Queues news for all members.
    mutating func spread(
        _ item: Item, about subject: RumorQueue.Subject, _ urgency: RumorQueue.Urgency,
        extraSends: Int = 0, at now: ClusterInstant
    ) {
        guard view.table.livingCount > 1,
            let queued = gossip.spread(
                item, about: subject, urgency, extraSends: extraSends,
                among: view.table.countedCount, at: now)
        else { return }
        if queued.isDropped { counters.count(.queueFull) }
        agenda.deadlines.setNoLater(.rumors, than: queued.firstWave)
    }

    /// A wave is due. First waves go before repairs.
    mutating func spreadRumors(in turn: inout Turn) {
        for isFirst in [true, false] {
            guard
                let wave = gossip.takeWave(
                    isFirst: isFirst, in: view.table, from: ownRecord.id, using: &agenda.random,
                    at: turn.now)
            else { continue }
            for target in wave.targets {
                for datagram in wave.datagrams {
                    turn.effects.append(
                        .send(datagram, sequence: own.nextSequence(), to: target.destination))
                }
            }
        }
        if let next = gossip.nextWave(after: turn.now) { agenda.deadlines.set(.rumors, at: next) }
    }

    /// A message of the application to all members: a rumor like any other, which each member
    /// delivers once.
    mutating func broadcast(type: UInt16, _ payload: [UInt8], at now: ClusterInstant) {
        guard phase == .running, payload.count <= Bounds.userPayloadBytes else { return }
        let sequence = gossip.nextMessage(of: ownRecord)
        let text = SignedText.user(
            origin: ownRecord.id, sequence: sequence, applicationType: type, payload: payload)
        let statement = UserStatement(
            origin: ownRecord.id, sequence: sequence,
            timeToLive: UInt8(clamping: configuration.messageHops), applicationType: type,
            payload: payload, signature: authenticator.sign(text))
        spread(.user(statement), about: .user(ownRecord.id, sequence), .user, at: now)
    }

    mutating func hear(_ statement: UserStatement, in turn: inout Turn) {
        guard statement.origin != ownRecord.id else { return }
        guard let origin = view.table[statement.origin] else {
            return counters.count(.unknownTarget)
        }
        // The list that says what is old is still on its way.
        guard own.duplicates.hasFirstPeerList || !entrance.joins.awaitsPeerList else {
            return counters.count(.aheadOfUs)
        }
        let arrival = gossip.receive(statement, by: authenticator, origin: origin.record)
        if arrival.isOfSignature { counters.noteCheck() }
        switch arrival {
        case .ignored(let reason):
            counters.count(reason)
        case .new(let passedOn):
            turn.effects.append(
                .notify(
                    .userMessage(
                        origin: statement.origin, type: statement.applicationType,
                        payload: statement.payload)))
            guard let passedOn else { return }
            spread(
                .user(passedOn), about: .user(statement.origin, statement.sequence), .user,
                at: turn.now)
        }
    }

    /// Up to `count` distinct other members that are eligible, chosen at random.
    mutating func randomMembers(
        _ count: Int, where isEligible: (NodeID, MemberState) -> Bool
    ) -> [MemberRecord] {
        view.table.sample(count, except: ownRecord.id, using: &agenda.random, where: isEligible)
    }
}
