import MembershipWire

/// How many new statements of each member are taken in.
///
/// An honest member refutes at most five times a second, and restarts now and then. One that makes more
/// statements would cost every reader of every node's view an event for each. So five a second are taken in,
/// after twenty at once; of those with a new name or a new boot one in ten seconds, after twenty. Of the
/// others the newest waits, until it may be taken in or a still newer one comes.
///
/// Most statements that wait are replaced before their turn. So they wait unchecked, as long as one member brings
/// all of them. A statement that another member brings meanwhile is checked and waits beside the unchecked one: then
/// a false statement displaces no true one of another sender.
///
/// Invariant: at most `capacity` accounts. Members on top are taken in as they come: many at once that each
/// state something new are a crowd or the two halves of a split.
struct StatementAccounts: Sendable {
    private struct Account: Sendable {
        var all: Measure
        var names: Measure
        var boots: Measure
        /// Newer than what we hold.
        var waiting = Waiting()

        /// When this statement may be taken in; nil if it may be now.
        mutating func refill(
            for record: MemberRecord, over known: MemberRecord, at now: ClusterInstant
        ) -> ClusterInstant? {
            if all.isEmpty(at: now) { return all.refill }
            if record.isRenamed(from: known), names.isEmpty(at: now) { return names.refill }
            if record.isNewBoot(after: known), boots.isEmpty(at: now) { return boots.refill }
            return nil
        }

        mutating func charge(
            _ record: MemberRecord, over known: MemberRecord, at now: ClusterInstant
        ) {
            all.charge(1, at: now)
            if record.isRenamed(from: known) { names.charge(1, at: now) }
            if record.isNewBoot(after: known) { boots.charge(1, at: now) }
        }

        func isFull(at now: ClusterInstant) -> Bool {
            waiting.isEmpty && all.isFull(at: now) && names.isFull(at: now)
                && boots.isFull(at: now)
        }
    }

    /// The statements of one member that wait: one whose signature holds, one that is unchecked, or both.
    struct Waiting: Sendable {
        private(set) var checked: MemberRecord?
        private(set) var unchecked: (record: MemberRecord, sender: NodeID)?

        var isEmpty: Bool { checked == nil && unchecked == nil }

        /// The one whose turn it is.
        var newest: MemberRecord? {
            guard let checked, let unchecked else { return checked ?? unchecked?.record }
            return unchecked.record.isNewer(than: checked) ? unchecked.record : checked
        }

        /// The newest one whose signature holds; it remains to check the unchecked one.
        mutating func keep(_ record: MemberRecord) {
            guard let checked else { return self.checked = record }
            if record.isNewer(than: checked) { self.checked = record }
        }

        /// False if the record must be checked first: another member has brought the one that waits.
        mutating func keepUnchecked(_ record: MemberRecord, broughtBy sender: NodeID) -> Bool {
            if let checked, !record.isNewer(than: checked) { return true }
            guard let unchecked else {
                self.unchecked = (record, sender)
                return true
            }
            guard unchecked.sender == sender else { return record.isSame(as: unchecked.record) }
            if record.isNewer(than: unchecked.record) { self.unchecked = (record, sender) }
            return true
        }
    }

    private let configuration: CoreConfiguration

    init(_ configuration: CoreConfiguration) { self.configuration = configuration }

    private var accounts: [NodeID: Account] = [:]
    private var roomMadeAt: ClusterInstant?
    /// When one of those that wait may be taken in, or earlier.
    private(set) var next: ClusterInstant?

    /// Whether a statement waits that is newer than what we hold, and whose signature is not checked. False if it
    /// is to be checked first.
    mutating func keepUnchecked(
        _ record: MemberRecord, over known: MemberRecord, broughtBy sender: NodeID,
        at now: ClusterInstant
    ) -> Bool {
        guard var account = accounts[record.id] else { return false }
        let refill = account.refill(for: record, over: known, at: now)
        let isFirst = account.waiting.isEmpty
        guard !isFirst || refill != nil else { return false }
        defer { accounts[record.id] = account }
        guard account.waiting.keepUnchecked(record, broughtBy: sender) else { return false }
        if isFirst, let refill { next = min(next ?? refill, refill) }
        return true
    }

    /// Whether a statement whose signature holds is taken in now. If not it waits.
    mutating func admits(
        _ record: MemberRecord, over known: MemberRecord, at now: ClusterInstant
    ) -> Bool {
        if accounts[record.id] == nil { makeRoom(at: now) }
        guard accounts[record.id] != nil || accounts.count < configuration.accountsKept else {
            return true
        }
        var account = accounts[record.id] ?? newAccount(at: now)
        defer { accounts[record.id] = account }
        guard account.waiting.isEmpty else {
            account.waiting.keep(record)
            return false
        }
        if let refill = account.refill(for: record, over: known, at: now) {
            account.waiting.keep(record)
            next = min(next ?? refill, refill)
            return false
        }
        account.charge(record, over: known, at: now)
        return true
    }

    mutating func takeDue(over table: MemberTable, at now: ClusterInstant) -> [Waiting] {
        guard let due = next, due <= now else { return [] }
        next = nil
        var taken: [Waiting] = []
        for id in accounts.keys.sorted() {
            guard let waiting = accounts[id]?.waiting, let newest = waiting.newest else { continue }
            if let known = table[id]?.record, newest.isNewer(than: known),
                let refill = accounts[id]?.refill(for: newest, over: known, at: now)
            {
                next = min(next ?? refill, refill)
                continue
            }
            accounts[id]?.waiting = Waiting()
            taken.append(waiting)
        }
        return taken
    }

    private func newAccount(at now: ClusterInstant) -> Account {
        Account(
            all: Measure(
                configuration.statementBurst, every: configuration.statementPause, at: now),
            names: Measure(configuration.renameBurst, every: configuration.renamePause, at: now),
            boots: Measure(configuration.renameBurst, every: configuration.renamePause, at: now))
    }

    /// Drops accounts that are full again, at most once a second, and where there are few not at all.
    private mutating func makeRoom(at now: ClusterInstant) {
        guard accounts.count >= min(configuration.accountsKept, 64),
            roomMadeAt.map({ now - $0 >= .seconds(1) }) ?? true
        else { return }
        roomMadeAt = now
        accounts = accounts.filter { !$0.value.isFull(at: now) }
    }
}

extension MemberRecord {
    /// To the letter, its signature included.
    fileprivate func isSame(as other: MemberRecord) -> Bool {
        incarnation == other.incarnation && standing == other.standing && core == other.core
            && signature == other.signature
    }

    /// The end of a life is not held up by its name.
    fileprivate func isRenamed(from known: MemberRecord) -> Bool {
        alias != known.alias && standing == .alive
    }

    fileprivate func isNewBoot(after known: MemberRecord) -> Bool {
        boot != known.boot && standing == .alive
    }
}
