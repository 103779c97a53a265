import MembershipWire

/// Heartbeats and their acks: is it still there?
///
/// Once a period one member is sent a heartbeat (`ProbeSchedule` says whom). No ack within t1: three
/// other members are asked to try, and we try once more ourselves. Still nothing after half of t2: it
/// is called by stream. No answer of any kind within t2: the probe has failed. SWIM, section 4.1 and
/// 4.3; Lifeguard, section IV.A.
extension ClusterNode {
    mutating func beginPeriod(in turn: inout Turn) {
        defer { deadlines.set(.period, at: nextPeriod(after: turn.now)) }
        dropStaleHeartbeats(at: turn.now)
        guard phase == .running else { return }
        if let target = schedule.next(in: view.table, except: ownRecord.id, using: &random) {
            probe(target, in: &turn)
        }
        callTheDead(in: &turn)
    }

    mutating func nextPeriod(after now: ClusterInstant) -> ClusterInstant {
        schedule.nextMoment(
            after: now, period: configuration.period, in: view.table, seenFrom: ownRecord.id)
    }

    mutating func probe(
        _ target: MemberRecord, in turn: inout Turn
    ) {
        guard probes[target.id] == nil, phase == .running else { return }
        let timeout = directTimeout(for: target.id)
        probes[target.id] = ProbeRound(incarnation: target.incarnation, directTimeout: timeout)
        deadlines.set(.probe(target.id), at: turn.now + timeout)
        sendHeartbeat(to: target, in: &turn)
    }

    /// t1 = 4 median round trips + 30 ms, within bounds; stretched while we are unwell.
    func directTimeout(for target: NodeID) -> Duration {
        guard let roundTrip = view[contact: target].medianRoundTrip ?? typicalRoundTrip else {
            return configuration.longestDirectTimeout
        }
        let timeout = health.stretched(
            roundTrip * configuration.roundTripsInTimeout + configuration.timeoutMargin)
        return min(
            max(timeout, configuration.shortestDirectTimeout), configuration.longestDirectTimeout)
    }

    /// t2; a member that was slow lately is given longer.
    private func indirectTimeout(
        _ round: ProbeRound, of target: NodeID, at now: ClusterInstant
    ) -> Duration {
        isSlow(target, at: now)
            ? configuration.indirectTimeoutOfSlow : usualIndirectTimeout(round)
    }

    func usualIndirectTimeout(_ round: ProbeRound) -> Duration {
        max(round.directTimeout * 2, configuration.shortestIndirectTimeout)
    }

    /// t1 or t2 of a probe is over.
    mutating func continueProbe(
        of target: NodeID, in turn: inout Turn
    ) {
        guard var round = probes[target], let entry = view.table[target], entry.state.isLiving,
            entry.record.incarnation == round.incarnation
        else { return forgetProbe(of: target) }
        // The slow are called no later than others: if the process is gone, its machine says so.
        let callingTime =
            indirectTimeout(round, of: target, at: turn.now) - usualIndirectTimeout(round) / 2
        switch round.stage {
        case .direct:
            beginIndirect(&round, to: entry.record, in: &turn)
        case .indirect:
            round.stage = .calling
            callByStream(entry.record, &round, in: &turn)
            probes[target] = round
            deadlines.set(.probe(target), at: turn.now + callingTime)
        case .calling where mayTryAgain(round, at: turn.now):
            beginIndirect(&round, to: entry.record, in: &turn)
        case .calling:
            forgetProbe(of: target)
            probeFailed(entry.record, round, in: &turn)
        }
    }

    /// Where much gets lost, one silence proves little.
    private func mayTryAgain(_ round: ProbeRound, at now: ClusterInstant) -> Bool {
        loss.isHigh && round.indirectRounds < configuration.indirectRoundsUnderLoss
    }

    private mutating func beginIndirect(
        _ round: inout ProbeRound, to target: MemberRecord, in turn: inout Turn
    ) {
        round.stage = .indirect
        round.indirectRounds += 1
        let timeout = indirectTimeout(round, of: target.id, at: turn.now)
        askRelays(about: target, &round, within: timeout, in: &turn)
        probes[target.id] = round
        deadlines.set(.probe(target.id), at: turn.now + usualIndirectTimeout(round) / 2)
        sendHeartbeat(to: target, in: &turn)
    }

    private mutating func probeFailed(
        _ target: MemberRecord, _ round: ProbeRound, in turn: inout Turn
    ) {
        // A relay that does not even say "no answer" hints that it is we who hear badly.
        if round.relays.isEmpty || round.nacks < round.relays.count { health.worsen() }
        failureRun.note(target.id, at: turn.now)
        guard !isInGrace(at: turn.now), !blamesOwnLink(at: turn.now) else { return }
        let evidence = Why.Evidence.ownProbe(
            directTimeout: round.directTimeout, relaysAsked: round.relays.count,
            relaysAnswered: round.nacks, stream: round.streamAttempt)
        accuse(target, evidence, in: &turn)
    }

    /// Everybody is silent: it is our own link. Until that has lasted longer than most broken links
    /// last: then nobody is left, and the last of them must be missed too.
    private func blamesOwnLink(at now: ClusterInstant) -> Bool {
        failureRun.isOwnFault
            && now - failureRun.startedAt
                < configuration.ownLinkPatience(
                    longestSuspicion: configuration.longestSuspicion)
    }

    mutating func forgetProbe(of target: NodeID) {
        probes[target] = nil
        deadlines.cancel(.probe(target))
    }

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
        var heartbeat = Datagram(.heartbeat(isIntroduction: false), items)
        gossip.piggyback(on: &heartbeat, upTo: configuration.heartbeatBytes, to: target.id)
        return send(heartbeat, to: target, in: &turn)
    }

    /// A heartbeat that says who we are, for those who may not know our boot: members we have just
    /// joined, and who asks "who are you?". Not knowing us they can only read it under the cluster
    /// key, which others hold too; so it says nothing but what we signed.
    mutating func introduce(
        to target: MemberRecord, in turn: inout Turn
    ) {
        let introduction = Datagram(
            .heartbeat(isIntroduction: true), [.full(ownRecord.full), .view(viewDigest)])
        _ = send(introduction, to: target, in: &turn)
    }

    private mutating func send(
        _ heartbeat: Datagram, to target: MemberRecord, in turn: inout Turn
    ) -> UInt64 {
        let sequence = nextSequence()
        turn.effects.append(.send(heartbeat, sequence: sequence, to: target.destination))
        openHeartbeats[sequence] = OpenHeartbeat(
            target: target.id, boot: target.boot, sentAt: turn.now)
        return sequence
    }

    /// An ack is never longer than the heartbeat it answers, so that nobody is flooded through us.
    mutating func answerHeartbeat(
        _ heartbeat: Datagram, _ envelope: Envelope, from sender: MemberTable.Entry,
        in turn: inout Turn
    ) {
        var ack = Datagram(
            .heartbeatAck(
                echoedSequence: envelope.sequence, health: UInt8(clamping: health.score)),
            [.view(viewDigest)])
        for case .relay(let requester, let token) in heartbeat.items {
            guard let asker = view.table.id(of: requester).flatMap({ view.table[$0] }),
                let proof = authenticator.relayProof(of: token, for: asker.record.core.bootKey)
            else { continue }
            ack.items.append(.proof(requester: requester, proof: proof))
        }
        let step = Bounds.plaintextStep
        let budget = (heartbeat.byteCount + step - 1) / step * step
        gossip.piggyback(on: &ack, upTo: budget, to: sender.record.id)
        turn.effects.append(
            .send(ack, sequence: nextSequence(), to: sender.record.destination))
    }

    mutating func receiveAck(
        echoing sequence: UInt64, items: [Item], from sender: NodeID, in turn: inout Turn
    ) {
        guard let open = openHeartbeats[sequence] else { return counters.count(.lateAck) }
        guard open.target == sender, let entry = view.table[sender], entry.record.boot == open.boot
        else { return counters.count(.forgedAck) }
        openHeartbeats[sequence] = nil
        newestAnswered = max(newestAnswered ?? open.sentAt, open.sentAt)
        proveAddress(of: entry.record)
        let roundTrip = turn.now - open.sentAt
        view[contact: sender].noteRoundTrip(roundTrip)
        notePace(of: sender, roundTrip, at: turn.now)
        typicalRoundTrip =
            typicalRoundTrip.map {
                ($0 * (configuration.roundTripMemory - 1) + roundTrip)
                    / configuration.roundTripMemory
            } ?? roundTrip
        if let task = relayTasks.removeValue(forKey: sequence) {
            deadlines.cancel(.relay(sequence))
            passOnProof(in: items, task, in: &turn)
        }
        noteDatagrams(from: sender)
        noteSignOfLife(of: sender, in: &turn)
        noteFarewellAck(from: sender, to: sequence, in: &turn)
        noteJoinAck(from: sender, in: &turn)
    }

    /// A member has answered us: itself, through a relay that could not have made it up, or by
    /// stream.
    mutating func noteSignOfLife(
        of member: NodeID, in turn: inout Turn
    ) {
        view[contact: member].lastAck = turn.now
        if let round = probes[member] {
            loss.note(isLost: round.indirectRounds > 0)
            forgetProbe(of: member)
            health.improve()
        }
        if failureRun.end(at: turn.now) { restartOwnSuspicions(at: turn.now) }
        withdrawAccusation(of: member, in: &turn)
    }

    private mutating func dropStaleHeartbeats(at now: ClusterInstant) {
        guard !openHeartbeats.isEmpty else { return }
        openHeartbeats = openHeartbeats.filter {
            now - $0.value.sentAt <= configuration.openHeartbeatAge
        }
    }

    /// Now and then one of the dead is sent a heartbeat: an answer means that a split has healed.
    private mutating func callTheDead(in turn: inout Turn) {
        let (dead, alive) = (view.table.count(.dead), view.table.count(.alive))
        guard dead > 0, random.chance(min(dead, alive), in: configuration.deadCallPeriods * alive)
        else { return }
        let wanted = random.below(dead)
        var seen = 0
        for index in 0..<view.table.count where view.table.entry(at: index).state == .dead {
            if seen == wanted {
                sendHeartbeat(to: view.table.entry(at: index).record, in: &turn)
                return
            }
            seen += 1
        }
    }
}
