import MembershipWire

/// The one check of a record's signature: a member's statement about itself is signed by that member.
extension StatementAuthenticator {
    func isSigned(
        _ coreHash: CoreHash, _ incarnation: Incarnation, _ standing: Standing,
        _ signature: Signature, by key: IdentityKey
    ) -> Bool {
        isValid(signature, of: .statement(coreHash, incarnation, standing), by: key)
    }

    func isSigned(_ record: MemberRecord) -> Bool {
        isSigned(
            record.coreHash, record.incarnation, record.standing, record.signature,
            by: record.core.identityKey)
    }

    /// The same before the statement has become a record.
    func isSigned(_ statement: FullStatement) -> Bool {
        isSigned(
            hash(of: statement.core.bytes), statement.incarnation, statement.standing,
            statement.signature, by: statement.core.identityKey)
    }
}
