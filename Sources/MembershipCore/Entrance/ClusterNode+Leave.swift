import MembershipWire

/// Leaving on purpose: a signed farewell, so that nobody looks for us. It is on every rumor wave
/// and on heartbeats whose acks confirm it; two confirmations, or 5 s, and we may go.
extension ClusterNode {
    mutating func leave(at now: ClusterInstant, into effects: inout [Effect]) {
        guard phase == .running else {
            if phase == .idle { finishLeaving(confirmations: 0, into: &effects) }
            return
        }
        for attempt in joins.keys.sorted() { failJoin(attempt, .leaving, into: &effects) }
        for id in streams.keys.sorted() { end(id, .leaving, into: &effects) }
        for target in probes.keys.sorted() { forgetProbe(of: target) }
        phase = .leaving
        announce(
            incarnation: ownRecord.incarnation, standing: .left, at: now, into: &effects)
        farewell = Farewell(startedAt: now)
        continueFarewell(at: now, into: &effects)
    }

    /// Tells six members directly, and again every 200 ms until enough have confirmed.
    mutating func continueFarewell(at now: ClusterInstant, into effects: inout [Effect]) {
        guard let farewell else { return }
        let isOver = now - farewell.startedAt >= CoreConfiguration.leavePatience
        if isOver || (isConfirmed(farewell) && rumors.waiting == 0) {
            return finishLeaving(confirmations: farewell.confirmed.count, into: &effects)
        }
        let targets = randomMembers(configuration.firstWave) { id, state in
            state == .alive && !farewell.confirmed.contains(id)
        }
        if targets.isEmpty, farewell.confirmed.isEmpty {
            return finishLeaving(confirmations: 0, into: &effects)
        }
        if !isConfirmed(farewell) {
            for target in targets {
                let sequence = sendHeartbeat(
                    to: target, also: [.refresh(ownRecord.refresh)], at: now, into: &effects)
                self.farewell?.sequences.insert(sequence)
            }
        }
        deadlines.set(.leave, at: now + .milliseconds(isConfirmed(farewell) ? 10 : 200))
    }

    private func isConfirmed(_ farewell: Farewell) -> Bool {
        let others = table.count(.alive)
        return farewell.confirmed.count >= min(CoreConfiguration.leaveConfirmations, others)
    }

    mutating func noteFarewellAck(
        from member: NodeID, to sequence: UInt64, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        guard farewell?.sequences.contains(sequence) == true else { return }
        farewell?.confirmed.insert(member)
        if let farewell, isConfirmed(farewell) {
            // Long enough for the first wave and its first repair.
            deadlines.setNoLater(
                .leave, than: now + configuration.coalesce + configuration.repairGap)
        }
    }

    private mutating func finishLeaving(confirmations: Int, into effects: inout [Effect]) {
        phase = .stopped
        deadlines.removeAll()
        effects.append(.notify(.leaveCompleted(confirmations: confirmations)))
    }
}
