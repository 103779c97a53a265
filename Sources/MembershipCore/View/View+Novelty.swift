import MembershipWire

extension View {
    /// A statement beside what is held of its member.
    enum Reading: Sendable {
        /// We hold it already, to the letter. Every member repeats what it knows, so this is usual.
        case held
        /// As a record that has yet to be judged.
        case stated(MemberRecord, over: MemberTable.Entry?)
    }

    func read(
        _ statement: FullStatement, of id: NodeID, by authenticator: any StatementAuthenticator
    ) -> Reading {
        let known = table[id]
        let same = known?.record.core == statement.core ? known?.record : nil
        if let same, same.incarnation == statement.incarnation,
            same.standing == statement.standing
        {
            return .held
        }
        let record = MemberRecord(
            verified: same?.core ?? statement.core, id: id,
            boot: same?.boot ?? authenticator.bootID(of: statement.core.bootKey),
            coreHash: same?.coreHash ?? authenticator.hash(of: statement.core.bytes),
            incarnation: statement.incarnation, standing: statement.standing,
            signature: statement.signature)
        return .stated(record, over: known)
    }

    /// Nil if we do not hold the core that it refers to.
    func read(_ statement: RefreshStatement) -> Reading? {
        guard let known = table[statement.member],
            known.record.coreHash.prefix == statement.corePrefix
        else { return nil }
        guard
            known.record.incarnation != statement.incarnation
                || known.record.standing != statement.standing
        else { return .held }
        let record = MemberRecord(
            verified: known.record.core, id: statement.member, boot: known.record.boot,
            coreHash: known.record.coreHash, incarnation: statement.incarnation,
            standing: statement.standing, signature: statement.signature)
        return .stated(record, over: known)
    }

    /// The result of comparing a statement with the one that we hold.
    enum Novelty: Equatable, Sendable {
        /// We hold it, or a newer one.
        case none
        case refused(IgnoredReason)
        /// It is newer than what we hold, if its signature holds.
        case news
    }

    /// Compares a member's statement with the one that is held: all cheap checks, before that of the signature.
    func novelty(of record: MemberRecord, over known: MemberTable.Entry?) -> Novelty {
        if let known {
            guard record.isNewer(than: known.record) else { return .none }
            guard known.record.incarnation.mayJump(to: record.incarnation) else {
                return .refused(.incarnationJump)
            }
            // Left is final for this life; only a new boot starts another.
            if known.state == .left, record.boot == known.record.boot {
                return .refused(.revivedLeft)
            }
        } else if !table.hasRoom(for: record.standing) {
            return .refused(.tableFull)
        }
        // A member that states another's boot as its own would be sent what is the other's. A boot belongs to
        // the first entry that stated it, dead and left ones included: else a member that claims the boot of a
        // dead one would keep it from coming back.
        if let holder = table.id(of: record.boot), holder != record.id {
            return .refused(.foreignBoot)
        }
        return .news
    }
}
