import MembershipWire

extension View {
    /// What a statement is to us.
    enum Novelty: Equatable, Sendable {
        /// We hold it, or a newer one.
        case none
        case refused(IgnoredReason)
        /// It is newer than what we hold, and signed.
        case news
    }

    /// What a member's statement is compared with the one that is held. Everything that is cheap comes
    /// first, the signature last, unless it was checked before.
    func novelty(
        of record: MemberRecord, over known: MemberTable.Entry?, isChecked: Bool,
        by authenticator: any StatementAuthenticator
    ) -> Novelty {
        if let known {
            guard record.isNewer(than: known.record) else { return .none }
            guard known.record.incarnation.mayJump(to: record.incarnation) else {
                return .refused(.incarnationJump)
            }
            // Left is final for this life; only a new boot starts another.
            if known.state == .left, record.boot == known.record.boot {
                return .refused(.revivedLeft)
            }
        } else if !hasRoom(for: record) {
            return .refused(.tableFull)
        }
        // A member that states another's boot as its own would be sent what is the other's.
        if let holder = table.id(of: record.boot), holder != record.id,
            table[holder]?.state.isLiving == true
        {
            return .refused(.foreignBoot)
        }
        guard isChecked || authenticator.isSigned(record) else { return .refused(.badSignature) }
        return .news
    }

    private func hasRoom(for record: MemberRecord) -> Bool {
        record.standing == .left
            ? table.count < configuration.entryLimit
            : table.livingCount < configuration.memberLimit
    }
}

extension StatementAuthenticator {
    /// Whether a member's statement about itself is signed by that member.
    func isSigned(_ record: MemberRecord) -> Bool {
        isValid(
            record.signature,
            of: .statement(record.coreHash, record.incarnation, record.standing),
            by: record.core.identityKey)
    }

    /// The same before the statement has become a record.
    func isSigned(_ statement: FullStatement) -> Bool {
        isValid(
            statement.signature,
            of: .statement(
                hash(of: statement.core.bytes), statement.incarnation, statement.standing),
            by: statement.core.identityKey)
    }
}
