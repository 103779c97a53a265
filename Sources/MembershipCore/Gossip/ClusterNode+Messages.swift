import MembershipWire

/// Messages of the application to one member: one datagram, sealed for the boot of the receiver, so that the
/// gate proves its sender and lets it in once. It is not repeated, and no word comes back.
extension ClusterNode {
    mutating func send(
        type: UInt16, _ payload: [UInt8], to member: NodeID, in turn: inout Turn
    ) {
        guard phase == .running, payload.count <= Bounds.userPayloadBytes,
            member != ownRecord.id, let entry = view.table[member], entry.state.isLiving
        else { return }
        _ = send(.message(applicationType: type, payload: payload), to: entry.record, in: &turn)
    }

    mutating func hear(
        type: UInt16, _ payload: [UInt8], from sender: MemberTable.Entry, in turn: inout Turn
    ) {
        guard phase == .running else { return }
        guard sender.state.isLiving else { return counters.count(.messageOfGone) }
        guard gossip.admitsMessage(from: sender.record.id, at: turn.now) else {
            return counters.count(.messageRate)
        }
        turn.effects.append(
            .notify(.memberMessage(from: sender.record.id, type: type, payload: payload)))
    }
}
