import MembershipWire

/// Leaving on purpose: a signed farewell, so that nobody looks for us. It is on every rumor wave
/// and on heartbeats whose acks confirm it; two confirmations, or 5 s, and we may go.
extension ClusterNode {
    mutating func leave(in turn: inout Turn) {
        guard phase == .running else {
            if phase == .idle { finishLeaving(confirmations: 0, in: &turn) }
            return
        }
        for attempt in joins.keys.sorted() { failJoin(attempt, .leaving, in: &turn) }
        for id in streams.keys.sorted() { end(id, .leaving, in: &turn) }
        for target in probes.keys.sorted() { forgetProbe(of: target) }
        phase = .leaving
        announce(
            incarnation: ownRecord.incarnation, standing: .left, in: &turn)
        farewell = Farewell(startedAt: turn.now)
        continueFarewell(in: &turn)
    }

    /// Tells six members directly, and again every 200 ms until enough have confirmed.
    mutating func continueFarewell(in turn: inout Turn) {
        guard let farewell else { return }
        let isOver = turn.now - farewell.startedAt >= CoreConfiguration.leavePatience
        if isOver || (isConfirmed(farewell) && rumors.waiting == 0) {
            return finishLeaving(confirmations: farewell.confirmed.count, in: &turn)
        }
        let targets = randomMembers(configuration.firstWave) { id, state in
            state == .alive && !farewell.confirmed.contains(id)
        }
        if targets.isEmpty, farewell.confirmed.isEmpty {
            return finishLeaving(confirmations: 0, in: &turn)
        }
        if !isConfirmed(farewell) {
            for target in targets {
                let sequence = sendHeartbeat(
                    to: target, also: [.refresh(ownRecord.refresh)], in: &turn)
                self.farewell?.sequences.insert(sequence)
            }
        }
        deadlines.set(.leave, at: turn.now + .milliseconds(isConfirmed(farewell) ? 10 : 200))
    }

    private func isConfirmed(_ farewell: Farewell) -> Bool {
        let others = table.count(.alive)
        return farewell.confirmed.count >= min(CoreConfiguration.leaveConfirmations, others)
    }

    mutating func noteFarewellAck(
        from member: NodeID, to sequence: UInt64, in turn: inout Turn
    ) {
        guard farewell?.sequences.contains(sequence) == true else { return }
        farewell?.confirmed.insert(member)
        if let farewell, isConfirmed(farewell) {
            // Long enough for the first wave and its first repair.
            deadlines.setNoLater(
                .leave, than: turn.now + configuration.coalesce + configuration.repairGap)
        }
    }

    private mutating func finishLeaving(confirmations: Int, in turn: inout Turn) {
        phase = .stopped
        deadlines.removeAll()
        turn.effects.append(.notify(.leaveCompleted(confirmations: confirmations)))
    }
}
