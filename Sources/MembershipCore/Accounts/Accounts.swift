import MembershipWire

/// An account for each member of the work that it causes here, and a count of each refusal.
///
/// A check of a signature costs about 60 microseconds, and a change of a record costs every reader of our view.
/// Both are asked for by a few bytes. So the member whose frame brought an item pays for the checks, and the
/// member that makes a statement for the change. Specs/Protocol.md, "Accounts".
package struct Accounts: Sendable {
    package internal(set) var counters = CoreCounters()
    private var senders: SenderAccounts
    private var statements: StatementAccounts

    init(_ configuration: CoreConfiguration) {
        senders = SenderAccounts(configuration)
        statements = StatementAccounts(configuration)
    }

    // MARK: Senders

    /// Why the items of a member are not read now; nil if they are.
    mutating func refusal(of sender: Payer, at now: ClusterInstant) -> IgnoredReason? {
        senders.refusal(of: sender, at: now)
    }

    /// How many checks were made, and how many signatures did not hold, until now.
    var checked: Checked { Checked(all: counters.checks, false: counters[.badSignature]) }

    struct Checked: Sendable {
        let all: UInt64
        let `false`: UInt64
    }

    /// An item of a datagram has been read. Returns whether it has cost anything.
    mutating func charge(
        _ sender: Payer, since before: Checked, at now: ClusterInstant
    ) -> Bool {
        guard counters.checks != before.all else { return false }
        senders.charge(
            sender, checks: Int(clamping: counters.checks &- before.all),
            falseSignatures: Int(clamping: counters[.badSignature] &- before.false), at: now)
        return true
    }

    /// A stream has brought checks, whose signatures its sender need not have checked itself.
    mutating func chargeUnblamed(_ sender: Payer, since before: Checked, at now: ClusterInstant) {
        guard counters.checks != before.all else { return }
        senders.charge(
            sender, checks: Int(clamping: counters.checks &- before.all), falseSignatures: 0,
            at: now)
    }

    /// The same for records, which are not cut off in the middle: what the account lacks is missing afterwards.
    mutating func overdraw(_ sender: Payer, since before: Checked, at now: ClusterInstant) {
        guard counters.checks != before.all else { return }
        senders.overdraw(sender, checks: Int(clamping: counters.checks &- before.all), at: now)
    }

    /// One check: of a statement that this member has brought and that waited, or of a record of its stream.
    mutating func charge(_ sender: Payer, isFalse: Bool, at now: ClusterInstant) {
        senders.charge(sender, checks: 1, falseSignatures: isFalse ? 1 : 0, at: now)
    }

    /// Whether we look for ourselves because this member says, and proves by nothing, that one is dead.
    mutating func admitsProbe(askedBy sender: Payer, at now: ClusterInstant) -> Bool {
        senders.admitsProbe(askedBy: sender, at: now)
    }

    // MARK: Statements

    /// Whether a statement waits and its signature is not checked before its turn.
    mutating func keepUnchecked(
        _ record: MemberRecord, over known: MemberRecord, broughtBy sender: NodeID,
        at now: ClusterInstant
    ) -> Bool {
        statements.keepUnchecked(record, over: known, broughtBy: sender, at: now)
    }

    /// Whether a new statement, which is signed, is taken in now. If not it waits, unless a newer one does.
    mutating func admits(
        _ record: MemberRecord, over known: MemberRecord, at now: ClusterInstant
    ) -> Bool {
        statements.admits(record, over: known, at: now)
    }

    /// When one of those that wait may be taken in.
    var nextStatement: ClusterInstant? { statements.next }

    /// Those that may be taken in now, in order of their members. They are charged when they are.
    mutating func takeStatements(
        over table: MemberTable, at now: ClusterInstant
    ) -> [StatementAccounts.Waiting] {
        statements.takeDue(over: table, at: now)
    }
}
