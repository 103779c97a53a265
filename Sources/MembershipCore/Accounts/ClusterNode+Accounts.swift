import MembershipWire

/// Accounts of members, carried out: see `Accounts`.
extension ClusterNode {
    package var counters: CoreCounters {
        get { accounts.counters }
        _modify { yield &accounts.counters }
    }

    /// The rumors of a datagram, on the account of its sender.
    mutating func takeIn(_ items: [Item], from sender: MemberRecord, in turn: inout Turn) {
        guard items.contains(where: \.isRumor) else { return }
        let payer = payer(sender.id)
        var refusal = accounts.refusal(of: payer, at: turn.now)
        for item in items where item.isRumor {
            guard phase == .running || phase == .leaving else { return }
            if let refusal {
                counters.count(refusal)
                continue
            }
            guard isLiving(sender.id) || concerns(item, sender) else {
                counters.count(.senderNotLiving)
                continue
            }
            let before = accounts.checked
            takeIn(item, from: sender.id, in: &turn)
            if accounts.charge(payer, since: before, at: turn.now) {
                refusal = accounts.refusal(of: payer, at: turn.now)
            }
        }
    }

    func payer(_ member: NodeID) -> Payer {
        Payer(id: member, isStranger: !view.hasAnswered(member))
    }

    private func isLiving(_ member: NodeID) -> Bool {
        view.table[member]?.state.isLiving == true
    }

    /// A member that is dead to us, or has left, may still tell statements about itself and accusations
    /// against us.
    private func concerns(_ item: Item, _ sender: MemberRecord) -> Bool {
        switch item {
        case .full(let statement): statement.core.identityKey == sender.core.identityKey
        case .refresh(let statement): statement.member == sender.id
        case .suspect(let statement): statement.target == ownRecord.id
        case .dead(let statement): statement.target == ownRecord.id
        case .gone(let statement): statement.target == ownRecord.id
        case .state(let statement): statement.member == sender.id
        case .user, .degraded, .view, .relay, .proof, .heard, .stateView, .unknown: false
        }
    }

    private mutating func takeIn(_ item: Item, from sender: NodeID, in turn: inout Turn) {
        switch item {
        case .full(let statement): learn(statement, .gossip(of: sender), in: &turn)
        case .refresh(let statement): learn(statement, .gossip(of: sender), in: &turn)
        case .suspect(let statement): hear(statement, in: &turn)
        case .dead(let statement): hear(statement, .rumor, from: sender, in: &turn)
        case .user(let statement): hear(statement, in: &turn)
        case .degraded(let statement): hear(statement, at: turn.now)
        case .gone(let statement): hear(statement, in: &turn)
        case .state(let statement): hear(statement, from: sender, in: &turn)
        case .view, .relay, .proof, .heard, .stateView, .unknown: break
        }
    }

    // MARK: Statements that wait

    /// Whether a new statement, which is signed, is taken in now.
    mutating func admits(
        _ record: MemberRecord, over known: MemberRecord, at now: ClusterInstant
    ) -> Bool {
        guard !accounts.admits(record, over: known, at: now) else { return true }
        counters.count(.tooManyStatements)
        planStatements()
        return false
    }

    /// Whether a statement that a datagram brought waits for its turn, and its signature with it.
    mutating func keepUnchecked(
        _ record: MemberRecord, over known: MemberRecord, _ provenance: Provenance,
        at now: ClusterInstant
    ) -> Bool {
        guard case .gossip(let sender) = provenance,
            accounts.keepUnchecked(record, over: known, broughtBy: sender, at: now)
        else { return false }
        counters.count(.tooManyStatements)
        planStatements()
        return true
    }

    mutating func takeWaitingStatements(in turn: inout Turn) {
        for waiting in accounts.takeStatements(over: view.table, at: turn.now) {
            if let unchecked = waiting.unchecked, unchecked.record === waiting.newest,
                isSigned(unchecked.record, broughtBy: unchecked.sender, at: turn.now)
            {
                learn(unchecked.record, in: &turn)
            } else if let checked = waiting.checked {
                learn(checked, in: &turn)
            }
        }
        planStatements()
    }

    /// Checks a statement whose turn has come, on the account of the member that brought it.
    private mutating func isSigned(
        _ record: MemberRecord, broughtBy sender: NodeID, at now: ClusterInstant
    ) -> Bool {
        guard let known = view.table[record.id]?.record, record.isNewer(than: known) else {
            return false
        }
        counters.noteCheck()
        let isSigned = authenticator.isSigned(record)
        if !isSigned { counters.count(.badSignature) }
        accounts.charge(payer(sender), isFalse: !isSigned, at: now)
        return isSigned
    }

    private mutating func planStatements() {
        if let next = accounts.nextStatement { agenda.deadlines.set(.statements, at: next) }
    }
}

extension Item {
    /// Whether it tells news, and does not belong to the datagram that it is in.
    fileprivate var isRumor: Bool {
        switch self {
        case .full, .refresh, .suspect, .dead, .user, .degraded, .gone, .state: true
        case .view, .relay, .proof, .heard, .stateView, .unknown: false
        }
    }
}
