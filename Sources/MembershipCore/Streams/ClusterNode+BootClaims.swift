import MembershipWire

/// The member that a boot key belongs to, where two members state it.
///
/// An entry takes its identity from a member's statement, but never its boot: any member can state the boot
/// key of another. So a boot belongs to the first entry that stated it, dead and left ones included. A
/// newcomer may have heard of the wrong one first. Only a handshake shows a boot together with its member's
/// record: it takes the boot from an entry that has never shown it so. Specs/Protocol.md, "Members that lie".
extension ClusterNode {
    /// The record must be signed, be the record of the very boot that made the handshake, and of the
    /// identity that we know under this id. A boot that another entry has only claimed changes hands.
    mutating func isGenuine(
        _ record: FullStatement, _ remoteBoot: BootKey?, in turn: inout Turn
    ) -> Bool {
        guard record.core.bootKey == remoteBoot, authenticator.isSigned(record) else {
            return false
        }
        let id = authenticator.nodeID(of: record.core.identityKey)
        if let known = view.table[id], known.record.core.identityKey != record.core.identityKey {
            counters.count(.foreignIdentity)
            return false
        }
        let boot = authenticator.bootID(of: record.core.bootKey)
        if let claimant = view.claimant(of: boot, shownBy: id), claimant.record.id != ownRecord.id {
            counters.count(.foreignBoot)
            if claimant.state.isLiving { setState(claimant.record, as: .dead, why: nil, in: &turn) }
            drop(claimant.record.id, in: &turn)
        }
        noteShownBoot(of: record)
        return true
    }

    /// A handshake has shown this record together with its boot. For a record that is not known
    /// yet, this is noted once the record has been learned.
    mutating func noteShownBoot(of record: FullStatement) {
        let id = authenticator.nodeID(of: record.core.identityKey)
        guard let known = view.table[id], known.record.core.bootKey == record.core.bootKey,
            !view[contact: id].hasShownBoot
        else { return }
        view[contact: id].hasShownBoot = true
    }

    /// Whether a handshake has shown a boot that its member has replaced since. Keys are not exchanged with
    /// it: its secret may have leaked.
    func isFormerBoot(_ record: FullStatement, of id: NodeID) -> Bool {
        guard let known = view.table[id]?.record else { return false }
        return record.core.bootKey != known.core.bootKey && record.incarnation < known.incarnation
    }

    // MARK: Claims by statement

    /// This record was refused because another entry holds its boot.
    mutating func meetBootClaim(_ record: MemberRecord, in turn: inout Turn) {
        guard phase == .running, let holder = view.table.id(of: record.boot) else { return }
        guard holder != ownRecord.id else { return meetClaimOfOwnBoot(record, in: &turn) }
        guard view.claimant(of: record.boot, shownBy: record.id) != nil,
            streams.admitsClaimCall, entrance.mayCallClaimant(at: turn.now)
        else { return }
        counters.noteCheck()
        guard authenticator.isSigned(record) else { return counters.count(.badSignature) }
        guard entrance.trials.admitsCall(to: record.endpoint, at: turn.now) else {
            return counters.count(.unprovenAddress)
        }
        entrance.noteClaimCall(at: turn.now)
        openStream(.claim(record.id), to: record.endpoint, in: &turn)
    }

    /// Another member states our boot. A node that hears of that member first would take our frames
    /// for those of that member. No member can have claimed a boot that we have not used yet.
    private mutating func meetClaimOfOwnBoot(_ record: MemberRecord, in turn: inout Turn) {
        guard own.mayRenewClaimedBoot(at: turn.now) else { return }
        counters.noteCheck()
        guard authenticator.isSigned(record) else { return counters.count(.badSignature) }
        own.noteClaimedBoot(at: turn.now)
        turn.effects.append(.notify(.ownBootClaimed(by: record)))
    }

    /// HELLO_ACK to a call of ours: the boot has changed hands already (`isGenuine`) if it was shown.
    mutating func receiveClaimAnswer(
        _ record: FullStatement, of claimant: NodeID, on id: StreamID, in turn: inout Turn
    ) {
        _ = closeStream(id, in: &turn)
        guard authenticator.nodeID(of: record.core.identityKey) == claimant else { return }
        learn(record, .rumor, in: &turn)
        noteShownBoot(of: record)
    }
}
