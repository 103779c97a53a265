import MembershipWire

/// How many new statements of each member are taken in.
///
/// An honest member refutes at most five times a second, and restarts now and then. One that makes more
/// statements would cost every reader of every node's view an event for each. So five a second are taken in,
/// after twenty at once; of those with a new name or a new boot one in ten seconds, after twenty. Of the
/// others the newest waits, until it may be taken in or a still newer one comes.
///
/// Invariant: at most `capacity` accounts. Members on top are taken in as they come: many at once that each
/// state something new are a crowd or the two halves of a split.
struct StatementAccounts: Sendable {
    private struct Account: Sendable {
        var all: Measure
        var names: Measure
        var boots: Measure
        /// Newer than what we hold, and signed.
        var waiting: MemberRecord?

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
            waiting == nil && all.isFull(at: now) && names.isFull(at: now)
                && boots.isFull(at: now)
        }
    }

    private let configuration: CoreConfiguration

    init(_ configuration: CoreConfiguration) { self.configuration = configuration }

    private var accounts: [NodeID: Account] = [:]
    private var roomMadeAt: ClusterInstant?
    /// When one of those that wait may be taken in, or earlier.
    private(set) var next: ClusterInstant?

    mutating func admits(
        _ record: MemberRecord, over known: MemberRecord, at now: ClusterInstant
    ) -> Bool {
        if accounts[record.id] == nil { makeRoom(at: now) }
        guard accounts[record.id] != nil || accounts.count < configuration.accountsKept else {
            return true
        }
        var account = accounts[record.id] ?? newAccount(at: now)
        defer { accounts[record.id] = account }
        if let waiting = account.waiting {
            if record.isNewer(than: waiting) { account.waiting = record }
            return false
        }
        if let refill = account.refill(for: record, over: known, at: now) {
            account.waiting = record
            next = min(next ?? refill, refill)
            return false
        }
        account.charge(record, over: known, at: now)
        return true
    }

    mutating func takeDue(over table: MemberTable, at now: ClusterInstant) -> [MemberRecord] {
        guard let due = next, due <= now else { return [] }
        next = nil
        var taken: [MemberRecord] = []
        for id in accounts.keys.sorted() {
            guard let waiting = accounts[id]?.waiting else { continue }
            if let known = table[id]?.record, waiting.isNewer(than: known),
                let refill = accounts[id]?.refill(for: waiting, over: known, at: now)
            {
                next = min(next ?? refill, refill)
                continue
            }
            accounts[id]?.waiting = nil
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
    /// The end of a life is not held up by its name.
    fileprivate func isRenamed(from known: MemberRecord) -> Bool {
        alias != known.alias && standing == .alive
    }

    fileprivate func isNewBoot(after known: MemberRecord) -> Bool {
        boot != known.boot && standing == .alive
    }
}
