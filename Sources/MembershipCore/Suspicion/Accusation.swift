import MembershipWire

/// One signed accusation of a suspicion, and the news that a process is gone.
extension DeadStatement.Accusation {
    /// The accusation as it travels alone.
    func statement(against target: MemberRecord) -> SuspectStatement {
        SuspectStatement(
            target: target.id, corePrefix: target.coreHash.prefix,
            incarnation: target.incarnation, accuser: accuser, signature: signature)
    }
}

extension StatementAuthenticator {
    func accusation(of target: MemberRecord, by own: NodeID) -> DeadStatement.Accusation {
        .init(accuser: own, signature: sign(text(of: target, own)))
    }

    func isSigned(
        _ accusation: DeadStatement.Accusation, by accuser: MemberRecord,
        against target: MemberRecord
    ) -> Bool {
        isValid(
            accusation.signature, of: text(of: target, accuser.id), by: accuser.core.identityKey)
    }

    private func text(of target: MemberRecord, _ accuser: NodeID) -> SignedText {
        .suspicion(target: target.id, target.coreHash, target.incarnation, accuser: accuser)
    }

    /// That the process of `target` is gone.
    func gone(_ target: MemberRecord, by own: NodeID) -> GoneStatement {
        GoneStatement(
            target: target.id, corePrefix: target.coreHash.prefix,
            incarnation: target.incarnation, accuser: own,
            signature: sign(textOfGone(target, own)))
    }

    func isSigned(
        _ statement: GoneStatement, by accuser: MemberRecord, against target: MemberRecord
    ) -> Bool {
        isValid(
            statement.signature, of: textOfGone(target, accuser.id), by: accuser.core.identityKey)
    }

    private func textOfGone(_ target: MemberRecord, _ accuser: NodeID) -> SignedText {
        .gone(target: target.id, target.coreHash, target.incarnation, accuser: accuser)
    }
}

extension Item {
    /// The member that an accusation or a verdict is about, and its incarnation.
    var accused: (NodeID, Incarnation)? {
        switch self {
        case .suspect(let statement): (statement.target, statement.incarnation)
        case .dead(let statement): (statement.target, statement.incarnation)
        case .full, .refresh, .view, .user, .relay, .proof, .degraded, .gone, .heard, .state,
            .stateView, .unknown:
            nil
        }
    }
}
