import MembershipWire

/// Carries out the decisions about our own statements: see `OwnRecord`.
extension ClusterNode {
    /// Our last statement about ourselves.
    package var ownRecord: MemberRecord { own.record }
    var authenticator: any StatementAuthenticator { own.authenticator }

    // MARK: Claims of others

    /// Another member calls us suspect or dead.
    mutating func refute(
        claimed incarnation: Incarnation, isProven: Bool = true, in turn: inout Turn
    ) {
        guard phase == .running else { return }
        carryOut(
            own.refute(claimed: incarnation, isProven: isProven, at: turn.now), in: &turn)
    }

    /// SUSPECT or DEAD about us.
    mutating func refute(
        _ accusations: [DeadStatement.Accusation], claimed incarnation: Incarnation,
        _ corePrefix: UInt64, in turn: inout Turn
    ) {
        let (authenticator, own) = (authenticator, ownRecord)
        let isProven = isProven(incarnation, corePrefix, by: accusations.map(\.accuser)) {
            accuser in
            accusations.contains {
                $0.accuser == accuser.id && authenticator.isSigned($0, by: accuser, against: own)
            }
        }
        refute(claimed: incarnation, isProven: isProven, in: &turn)
    }

    /// GONE about us.
    mutating func refute(_ statement: GoneStatement, in turn: inout Turn) {
        let (authenticator, own) = (authenticator, ownRecord)
        let isProven = isProven(
            statement.incarnation, statement.corePrefix, by: [statement.accuser]
        ) { authenticator.isSigned(statement, by: $0, against: own) }
        refute(claimed: statement.incarnation, isProven: isProven, in: &turn)
    }

    /// Whether a member that we know has signed a claim about our present incarnation.
    private mutating func isProven(
        _ incarnation: Incarnation, _ corePrefix: UInt64, by accusers: [NodeID],
        _ isSigned: (_ accuser: MemberRecord) -> Bool
    ) -> Bool {
        guard incarnation == ownRecord.incarnation, corePrefix == ownRecord.coreHash.prefix,
            phase == .running
        else { return false }
        let known = accusers.compactMap { view.table[$0]?.record }
        for accuser in known {
            counters.noteCheck()
            if isSigned(accuser) { return true }
        }
        if !known.isEmpty { counters.count(.badSignature) }
        return false
    }

    mutating func refuteOwed(in turn: inout Turn) {
        guard phase == .running else { return }
        carryOut(own.answerOwed(at: turn.now), in: &turn)
    }

    mutating func meetOwnIdentity(_ statement: RefreshStatement, in turn: inout Turn) {
        let answer = own.meet(statement, isRunning: phase == .running)
        if answer.isOfSignature { counters.noteCheck() }
        carryOut(answer, in: &turn)
    }

    mutating func meetOwnIdentity(
        _ statement: FullStatement, coreHash: CoreHash, boot: BootID, _ provenance: Provenance,
        in turn: inout Turn
    ) {
        let answer = own.meet(
            statement, coreHash: coreHash, boot: boot, isRunning: phase == .running)
        if answer.isOfSignature { counters.noteCheck() }
        carryOut(answer, in: &turn)
        // Our first peer list may name an older life than ours, too.
        let isFirst = provenance == .peerList
        switch answer {
        case .succeeded(let other) where statement.standing == .alive,
            .outdated(let other) where statement.standing == .alive && isFirst:
            suspectDuplicate(other, isFirst: isFirst, in: &turn)
        case .nothing, .ignored, .repeated, .later, .refuted, .succeeded, .outdated: break
        }
    }

    private mutating func carryOut(_ answer: OwnRecord.Answer, in turn: inout Turn) {
        switch answer {
        case .nothing, .outdated: break
        case .ignored(let reason): counters.count(reason)
        case .repeated: spreadOwn(.refresh(ownRecord.refresh), in: &turn)
        case .later(let moment): agenda.deadlines.set(.refutation, at: moment)
        case .refuted(let isProven):
            if isProven { prober.noteRefutation() }
            announce(.refresh(ownRecord.refresh), in: &turn)
        case .succeeded: announce(.full(ownRecord.full), in: &turn)
        }
    }

    // MARK: Statements of our own accord

    mutating func setMetadata(_ metadata: [UInt8], in turn: inout Turn) {
        guard phase == .running || phase == .idle, own.setMetadata(metadata) else { return }
        announce(.full(ownRecord.full), in: &turn)
        notifyChange(.updated, of: ownRecord.id, in: &turn)
    }

    mutating func renewBoot(
        _ key: BootKey, _ new: any StatementAuthenticator, in turn: inout Turn
    ) {
        guard phase == .running, own.renewBoot(key, new) else { return }
        endLifelines(.oldBoot, in: &turn)
        announce(.full(ownRecord.full), in: &turn)
        circleChanged(at: turn.now)
    }

    mutating func announceLeave(in turn: inout Turn) {
        own.leave()
        announce(.refresh(ownRecord.refresh), in: &turn)
    }

    /// Our record has changed: it is in our view and on its way to all members.
    private mutating func announce(_ item: Item, in turn: inout Turn) {
        view.putOwn(ownRecord, at: turn.now)
        gossip.dropAll(about: ownRecord.id)
        spreadOwn(item, in: &turn)
        turn.effects.append(.notify(.ownRecordChanged(ownRecord)))
    }

    private mutating func spreadOwn(_ item: Item, in turn: inout Turn) {
        spread(item, about: .member(ownRecord.id), .refutation, at: turn.now)
    }
}
