import MembershipWire

/// An account for each member of the signatures that we have recently checked because of it.
///
/// An honest member passes on only what it has checked itself. So a signature in a datagram that does not
/// hold convicts the member whose frame brought it: after three of them within a minute its items are not
/// read for the next. Its acks, its heartbeats and its view are.
///
/// Invariant: at most `capacity` accounts. Further members share one, which counts against no member.
struct SenderAccounts: Sendable {
    private struct Account: Sendable {
        var checks: Measure
        /// The last signatures that did not hold.
        var falseSignatures = 0
        var lastFalse: ClusterInstant?
        var distrustedUntil: ClusterInstant?
        var lastProbe: ClusterInstant?
    }

    private let checkBurst: Int
    private let checkPause: Duration
    private let falseSignatures: Int
    private let distrust: Duration
    private let probePause: Duration
    private let capacity: Int

    init(_ configuration: CoreConfiguration) {
        checkBurst = configuration.checkBurst
        checkPause = configuration.checkPause
        falseSignatures = configuration.falseSignatures
        distrust = configuration.distrust
        probePause = configuration.toldProbePause
        capacity = configuration.accountsKept
    }

    private var accounts: [NodeID: Account] = [:]
    private var shared: Account?
    private var roomMadeAt: ClusterInstant?

    mutating func refusal(of sender: NodeID, at now: ClusterInstant) -> IgnoredReason? {
        guard let account = accounts[sender] ?? (accounts.count < capacity ? nil : shared) else {
            return nil
        }
        if let until = account.distrustedUntil, now < until { return .distrustedSender }
        var checks = account.checks
        return checks.isEmpty(at: now) ? .tooManyChecks : nil
    }

    mutating func charge(
        _ sender: NodeID, checks: Int, falseSignatures: Int, at now: ClusterInstant
    ) {
        var account = account(of: sender, at: now)
        account.checks.charge(checks, at: now)
        if falseSignatures > 0 {
            let isRecent = account.lastFalse.map { now - $0 < distrust } ?? false
            account.falseSignatures =
                (isRecent ? account.falseSignatures : 0) + falseSignatures
            account.lastFalse = now
        }
        if account.falseSignatures >= self.falseSignatures {
            account.falseSignatures = 0
            account.distrustedUntil = now + distrust
        }
        keep(account, of: sender)
    }

    mutating func admitsProbe(askedBy sender: NodeID, at now: ClusterInstant) -> Bool {
        var account = account(of: sender, at: now)
        if let last = account.lastProbe, now - last < probePause { return false }
        account.lastProbe = now
        keep(account, of: sender)
        return true
    }

    private mutating func account(of sender: NodeID, at now: ClusterInstant) -> Account {
        if let account = accounts[sender] { return account }
        makeRoom(at: now)
        let shared = accounts.count < capacity ? nil : shared
        return shared ?? Account(checks: Measure(checkBurst, every: checkPause, at: now))
    }

    private mutating func keep(_ account: Account, of sender: NodeID) {
        guard accounts[sender] == nil, accounts.count >= capacity else {
            return accounts[sender] = account
        }
        shared = account
        shared?.distrustedUntil = nil
    }

    /// Drops accounts that are full again, at most once a second, and where there are few not at all.
    private mutating func makeRoom(at now: ClusterInstant) {
        guard accounts.count >= min(capacity, 64),
            roomMadeAt.map({ now - $0 >= .seconds(1) }) ?? true
        else { return }
        roomMadeAt = now
        accounts = accounts.filter { _, account in
            !account.checks.isFull(at: now)
                || account.lastFalse.map { now - $0 < distrust } ?? false
                || account.distrustedUntil.map { now < $0 } ?? false
                || account.lastProbe.map { now - $0 < probePause } ?? false
        }
    }
}
