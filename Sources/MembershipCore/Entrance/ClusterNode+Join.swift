import MembershipWire

/// Carries out the decisions about joins: see `Joins`.
extension ClusterNode {
    mutating func join(
        _ endpoint: Endpoint, attempt: UInt64, in turn: inout Turn
    ) {
        guard phase == .running else {
            return turn.effects.append(.notify(.joinFailed(attempt: attempt, .leaving)))
        }
        if endpoint == ownRecord.endpoint {
            return turn.effects.append(.notify(.joinFailed(attempt: attempt, .selfJoin)))
        }
        guard entrance.joins.begin(attempt, at: endpoint, at: turn.now) else { return }
        openStream(.join(attempt: attempt), to: endpoint, in: &turn)
    }

    mutating func failJoin(
        _ attempt: UInt64, _ refusal: JoinRefusal, in turn: inout Turn
    ) {
        guard entrance.joins.fail(attempt) else { return }
        agenda.deadlines.cancel(.join(attempt))
        turn.effects.append(.notify(.joinFailed(attempt: attempt, refusal)))
        leaveIfWanted(in: &turn)
    }

    /// The stream has brought new keys: once more, under those. False if that was tried before.
    mutating func joinWithNewKeys(_ attempt: UInt64, in turn: inout Turn) -> Bool {
        guard phase == .running, let endpoint = entrance.joins.retryWithNewKeys(attempt) else {
            return false
        }
        openStream(.join(attempt: attempt), to: endpoint, in: &turn)
        return true
    }
}
