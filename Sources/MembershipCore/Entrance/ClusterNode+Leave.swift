import MembershipWire

/// Carries out the decisions about the farewell: see `Farewell`.
extension ClusterNode {
    mutating func leave(in turn: inout Turn) {
        guard phase == .running else {
            if phase == .idle { finishLeaving(confirmations: 0, in: &turn) }
            return
        }
        // A seed that has taken us in lists us already, while its list is still on its way to us:
        // that member has to learn that we leave.
        guard entrance.mayLeave(at: turn.now) else {
            return agenda.deadlines.set(.leave, at: turn.now + configuration.leavePatience)
        }
        for attempt in entrance.joins.failAll() {
            agenda.deadlines.cancel(.join(attempt))
            turn.effects.append(.notify(.joinFailed(attempt: attempt, .leaving)))
        }
        for id in streams.ids { end(id, .leaving, in: &turn) }
        endLifelines(.leaving, in: &turn)
        for deadline in prober.stop() { agenda.deadlines.cancel(deadline) }
        entrance.leave(at: turn.now)
        announceLeave(in: &turn)
        continueFarewell(in: &turn)
    }

    /// A join has brought its peer list, or has failed: a leave may have waited for that.
    mutating func leaveIfWanted(in turn: inout Turn) {
        guard phase == .running, entrance.isLeaveWanted else { return }
        leave(in: &turn)
    }

    /// Tells six members directly, and again every 100 ms until enough have confirmed.
    mutating func continueFarewell(in turn: inout Turn) {
        if phase == .running { return leave(in: &turn) }
        guard let farewell = entrance.farewell else { return }
        let isConfirmed = farewell.isConfirmed(among: view.table.count(.alive))
        let spreading = configuration.coalesce + configuration.repairGap
        if entrance.isFarewellOver(
            among: view.table.count(.alive), spreading: spreading, at: turn.now)
        {
            return finishLeaving(confirmations: farewell.confirmations, in: &turn)
        }
        let targets = randomMembers(configuration.firstWave) { id, state in
            state == .alive && !farewell.isConfirmed(by: id)
        }
        if targets.isEmpty, farewell.confirmations == 0 {
            return finishLeaving(confirmations: 0, in: &turn)
        }
        if !isConfirmed {
            for target in targets {
                let sequence = sendHeartbeat(
                    to: target, also: [.refresh(ownRecord.refresh)], in: &turn)
                entrance.noteFarewell(sentWith: sequence)
            }
        }
        let pause = isConfirmed ? configuration.leaveRecheck : configuration.farewellPause
        agenda.deadlines.set(.leave, at: turn.now + pause)
    }

    mutating func noteFarewellAck(
        from member: NodeID, to sequence: UInt64, in turn: inout Turn
    ) {
        guard
            entrance.noteFarewellAck(
                from: member, to: sequence, among: view.table.count(.alive))
        else { return }
        // Long enough for the first wave and its first repair.
        agenda.deadlines.setNoLater(
            .leave, than: turn.now + configuration.coalesce + configuration.repairGap)
    }

    private mutating func finishLeaving(confirmations: Int, in turn: inout Turn) {
        entrance.stop()
        agenda.deadlines.removeAll()
        turn.effects.append(.notify(.leaveCompleted(confirmations: confirmations)))
    }
}
