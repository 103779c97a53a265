import MembershipWire

/// Calls between two processes of one identity, carried out: see `DuplicateIdentity`.
///
/// One of the two must remain. A node that has such a call open refuses one from a lower boot id.
/// Otherwise it answers, gives up its own call, and makes none until that stream has ended. So a
/// node that answers does not stop because of a call that it made itself.
extension ClusterNode {
    /// - Parameter attempt: the join that has met the other process; it ends with the call.
    mutating func suspectDuplicate(
        _ other: DuplicateIdentity.Other, isFirst: Bool, attempt: UInt64? = nil, in turn: inout Turn
    ) {
        // The process that answers at our own address is this one.
        let isElsewhere = phase == .running && other.endpoint != ownRecord.endpoint
        let step =
            isElsewhere
            ? own.duplicates.note(
                other, isFirst: isFirst, own: ownRecord.boot, at: turn.now,
                span: configuration.duplicateCallSpan) : .nothing
        switch step {
        case .call(let other): callDuplicate(other, attempt: attempt, in: &turn)
        case .nothing, .callLater:
            if case .callLater = step {
                agenda.deadlines.setNoLater(
                    .duplicate, than: turn.now + configuration.duplicateCallPause)
            }
            if let attempt { failJoin(attempt, .stream(.broken), in: &turn) }
        }
    }

    mutating func callPostponedDuplicate(in turn: inout Turn) {
        guard let other = own.duplicates.postponed else { return }
        callDuplicate(other, attempt: nil, in: &turn)
    }

    private mutating func callDuplicate(
        _ other: DuplicateIdentity.Other, attempt: UInt64?, in turn: inout Turn
    ) {
        // The boot that we replaced may be gone, and its address silent: another one is not kept waiting.
        if let (id, call) = streams.duplicateCall, own.duplicates.hasReplaced(call.boot),
            call.boot != other.boot
        {
            _ = closeStream(id, in: &turn)
            if let attempt = call.attempt { failJoin(attempt, .stream(.broken), in: &turn) }
        }
        guard phase == .running, !streams.talksWithDuplicate else {
            if let attempt { failJoin(attempt, .stream(.broken), in: &turn) }
            return
        }
        let call = DuplicateCall(boot: other.boot, attempt: attempt)
        openStream(.duplicate(call), to: other.endpoint, in: &turn)
    }

    /// HELLO from our own identity. Returns whether it must be refused; if not, a call of ours is given up.
    mutating func refusesDuplicate(in turn: inout Turn) -> Bool {
        guard let (id, call) = streams.duplicateCall else { return false }
        guard ownRecord.boot < call.boot else { return true }
        _ = closeStream(id, in: &turn)
        if let attempt = call.attempt { failJoin(attempt, .stream(.broken), in: &turn) }
        return false
    }

    /// HELLO_ACK to our call: if it is from the process that we meant, that one remains.
    mutating func receiveDuplicateAnswer(
        _ record: FullStatement, to call: DuplicateCall, on id: StreamID, in turn: inout Turn
    ) {
        _ = closeStream(id, in: &turn)
        guard record.core.identityKey == ownRecord.core.identityKey,
            authenticator.bootID(of: record.core.bootKey) == call.boot
        else {
            if let attempt = call.attempt { failJoin(attempt, .stream(.broken), in: &turn) }
            return
        }
        yieldIdentity(to: record.core.endpoint, in: &turn)
    }

    /// Stops at once, without a message to any member: others would take it for a message of the
    /// other process.
    private mutating func yieldIdentity(to other: Endpoint, in turn: inout Turn) {
        entrance.stop()
        agenda.deadlines.removeAll()
        turn.effects.append(.notify(.identityInUse(by: other)))
    }
}
