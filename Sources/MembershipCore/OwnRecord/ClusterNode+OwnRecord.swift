import MembershipWire

/// What we state about ourselves. Only we raise our incarnation. SWIM, section 4.2.
extension ClusterNode {
    static func signed(
        _ core: MemberCore, incarnation: Incarnation, standing: Standing,
        by authenticator: any StatementAuthenticator
    ) -> MemberRecord {
        let hash = authenticator.hash(of: core.bytes)
        return MemberRecord(
            verified: core, id: authenticator.nodeID(of: core.identityKey),
            boot: authenticator.bootID(of: core.bootKey), coreHash: hash, incarnation: incarnation,
            standing: standing,
            signature: authenticator.sign(.statement(hash, incarnation, standing)))
    }

    /// Makes a new statement about ourselves and tells everybody.
    mutating func announce(
        _ core: MemberCore? = nil, incarnation: Incarnation, standing: Standing = .alive,
        in turn: inout Turn
    ) {
        let hasNewCore = core != nil
        ownRecord = Self.signed(
            core ?? ownRecord.core, incarnation: incarnation, standing: standing, by: authenticator)
        view.putOwn(ownRecord, at: turn.now)
        gossip.dropAll(about: ownRecord.id)
        let item = hasNewCore ? Item.full(ownRecord.full) : .refresh(ownRecord.refresh)
        spread(item, about: .member(ownRecord.id), .refutation, at: turn.now)
        turn.effects.append(.notify(.ownRecordChanged(ownRecord)))
    }

    /// Somebody says that we are suspect or dead. We are not: the next incarnation says so.
    ///
    /// A claim below our incarnation was answered before, but whoever repeats it has missed that.
    mutating func refute(
        claimed incarnation: Incarnation, in turn: inout Turn
    ) {
        guard phase == .running else { return }
        guard incarnation >= ownRecord.incarnation else {
            return reannounce(at: turn.now)
        }
        // Whoever accuses an incarnation that we have not announced wants us to raise ours to it. An
        // earlier life of ours could have; then its own statement comes, which we have signed.
        guard incarnation == ownRecord.incarnation else {
            return counters.count(
                ownRecord.incarnation.mayJump(to: incarnation) ? .aheadOfUs : .incarnationJump)
        }
        // At most five times a second: a claim costs whoever makes it up nothing, and its answer a signature,
        // a write to disk and a word to everybody.
        if let last = lastRefutation, turn.now - last < configuration.refutationPause {
            owedRefutation = incarnation
            return deadlines.set(.refutation, at: last + configuration.refutationPause)
        }
        lastRefutation = turn.now
        health.worsen()
        announce(incarnation: incarnation.next, in: &turn)
    }

    /// What was claimed while we had just refuted something else, unless that has answered it.
    mutating func refuteOwed(in turn: inout Turn) {
        guard let claimed = owedRefutation, claimed >= ownRecord.incarnation else { return }
        owedRefutation = nil
        refute(claimed: claimed, in: &turn)
    }

    /// A statement that we have signed and that is ahead of what we last said.
    mutating func outbid(
        _ incarnation: Incarnation, in turn: inout Turn
    ) {
        guard phase == .running else { return }
        guard ownRecord.incarnation.mayJump(to: incarnation) else {
            return counters.count(.incarnationJump)
        }
        health.worsen()
        announce(incarnation: incarnation.next, in: &turn)
    }

    /// Says once more what we said last; at most five times a second.
    private mutating func reannounce(at now: ClusterInstant) {
        if let last = lastReannouncement, now - last < configuration.refutationPause { return }
        lastReannouncement = now
        spread(
            .refresh(ownRecord.refresh), about: .member(ownRecord.id), .refutation, at: now)
    }

    mutating func setMetadata(
        _ metadata: [UInt8], in turn: inout Turn
    ) {
        guard phase == .running || phase == .idle, metadata != ownRecord.core.metadata else {
            return
        }
        let old = ownRecord.core
        guard
            let core = try? MemberCore.make(
                identityKey: old.identityKey, bootKey: old.bootKey, endpoint: old.endpoint,
                alias: old.alias, metadata: metadata)
        else { return }
        announce(core, incarnation: ownRecord.incarnation.next, in: &turn)
        notifyChange(.updated, of: ownRecord.id, in: &turn)
    }

    /// Goes on under another boot key: to the others that is a restart nobody missed.
    mutating func renewBoot(
        _ key: BootKey, _ new: any StatementAuthenticator, in turn: inout Turn
    ) {
        let old = ownRecord.core
        let core = try? MemberCore.make(
            identityKey: old.identityKey, bootKey: key, endpoint: old.endpoint, alias: old.alias,
            metadata: old.metadata)
        guard phase == .running, let core else { return }
        authenticator = new
        announce(core, incarnation: ownRecord.incarnation.next, in: &turn)
    }

    /// A statement under our identity that is not from this life.
    ///
    /// Usually it is our previous life, still remembered by others: we take the next incarnation.
    /// If the boot that we replaced when joining keeps answering back, two processes share one
    /// identity, and the one that came later (we) must go.
    mutating func meetOwnIdentity(
        _ statement: FullStatement, coreHash: CoreHash, boot: BootID, _ provenance: Provenance,
        in turn: inout Turn
    ) {
        // An echo of ours is no news.
        guard boot != ownRecord.boot || statement.incarnation > ownRecord.incarnation else {
            return
        }
        let text = SignedText.statement(coreHash, statement.incarnation, statement.standing)
        guard
            authenticator.isValid(
                statement.signature, of: text, by: statement.core.identityKey)
        else { return counters.count(.badSignature) }
        guard boot != ownRecord.boot else {
            // Ahead of us and signed by us: a copy of this process.
            return outbid(statement.incarnation, in: &turn)
        }
        if provenance == .peerList, supersededBoot == nil { supersededBoot = boot }
        guard statement.incarnation >= ownRecord.incarnation, phase == .running else { return }
        guard ownRecord.incarnation.mayJump(to: statement.incarnation) else {
            return counters.count(.incarnationJump)
        }
        if boot == supersededBoot, provenance != .peerList, statement.standing == .alive {
            identityConflicts += 1
            if identityConflicts >= configuration.identityConflicts {
                return yieldIdentity(to: statement.core.endpoint, in: &turn)
            }
        }
        announce(
            ownRecord.core, incarnation: statement.incarnation.next, in: &turn)
    }

    /// Whether the member that answers our call has our identity in another life, while we know
    /// nobody yet. Our previous life answers no calls, so two processes live; we are the later one.
    /// (A node with members of its own may be the earlier one: it waits for what the others say.)
    func isDuplicateIdentityAtJoin(_ record: FullStatement) -> Bool {
        record.core.identityKey == ownRecord.core.identityKey && view.table.livingCount <= 1
    }

    /// Stops at once, without a word to anybody: what we said would be taken for the other's.
    mutating func yieldIdentity(to other: Endpoint, in turn: inout Turn) {
        entrance.stop()
        deadlines.removeAll()
        turn.effects.append(.notify(.identityInUse(by: other)))
    }
}
