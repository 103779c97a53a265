import MembershipWire

/// The member on whose account work is done.
struct Payer: Sendable {
    let id: NodeID
    /// It has never answered us.
    let isStranger: Bool
}

/// An account for each member of the signatures that we have recently checked because of it.
///
/// An honest member passes on only what it has checked itself. So a signature in a datagram that does not
/// hold convicts the member whose frame brought it: after three of them within a minute its items are not
/// read for the next. Its acks, its heartbeats and its view are.
///
/// Members that have never answered us are strangers: one process can be any number of them. Each has an account,
/// and the checks of all of them together have one measure as well.
///
/// Invariant: at most `capacity` accounts of members that have answered, and a quarter as many of strangers. Further
/// ones share one of their kind, which counts against no member. So strangers use up no member's account.
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

    init(_ configuration: CoreConfiguration) {
        checkBurst = configuration.checkBurst
        checkPause = configuration.checkPause
        falseSignatures = configuration.falseSignatures
        distrust = configuration.distrust
        probePause = configuration.toldProbePause
        members = Book(capacity: configuration.accountsKept)
        strangers = Book(capacity: max(1, configuration.accountsKept / 4))
    }

    /// Accounts of one kind of senders.
    private struct Book: Sendable {
        let capacity: Int
        var accounts: [NodeID: Account] = [:]
        var shared: Account?
        var roomMadeAt: ClusterInstant?

        subscript(_ sender: NodeID) -> Account? {
            accounts[sender] ?? (accounts.count < capacity ? nil : shared)
        }

        mutating func keep(_ account: Account, of sender: NodeID) {
            guard accounts[sender] == nil, accounts.count >= capacity else {
                return accounts[sender] = account
            }
            shared = account
            shared?.distrustedUntil = nil
        }

        /// Drops accounts that are over, at most once a second, and where there are few not at all.
        mutating func makeRoom(at now: ClusterInstant, isOver: (Account) -> Bool) {
            guard accounts.count >= min(capacity, 64),
                roomMadeAt.map({ now - $0 >= .seconds(1) }) ?? true
            else { return }
            roomMadeAt = now
            accounts = accounts.filter { !isOver($0.value) }
        }
    }

    private var members: Book
    private var strangers: Book
    /// Of all strangers together.
    private var strangerChecks: Measure?

    mutating func refusal(of payer: Payer, at now: ClusterInstant) -> IgnoredReason? {
        if payer.isStranger, strangerChecks?.isEmpty(at: now) == true { return .tooManyChecks }
        guard let account = self[payer][payer.id] else { return nil }
        if let until = account.distrustedUntil, now < until { return .distrustedSender }
        var checks = account.checks
        return checks.isEmpty(at: now) ? .tooManyChecks : nil
    }

    mutating func overdraw(_ sender: Payer, checks: Int, at now: ClusterInstant) {
        var account = account(of: sender, at: now)
        account.checks.overdraw(checks, at: now)
        chargeStrangers(sender, checks, at: now)
        keep(account, of: sender)
    }

    private mutating func chargeStrangers(_ sender: Payer, _ checks: Int, at now: ClusterInstant) {
        guard sender.isStranger else { return }
        var all = strangerChecks ?? Measure(checkBurst, every: checkPause, at: now)
        all.charge(checks, at: now)
        strangerChecks = all
    }

    mutating func charge(
        _ sender: Payer, checks: Int, falseSignatures: Int, at now: ClusterInstant
    ) {
        var account = account(of: sender, at: now)
        account.checks.charge(checks, at: now)
        chargeStrangers(sender, checks, at: now)
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

    mutating func admitsProbe(askedBy sender: Payer, at now: ClusterInstant) -> Bool {
        var account = account(of: sender, at: now)
        if let last = account.lastProbe, now - last < probePause { return false }
        account.lastProbe = now
        keep(account, of: sender)
        return true
    }

    private mutating func account(of payer: Payer, at now: ClusterInstant) -> Account {
        if let account = self[payer].accounts[payer.id] { return account }
        self[payer].makeRoom(at: now) { [distrust, probePause] account in
            account.checks.isFull(at: now)
                && account.lastFalse.map { now - $0 >= distrust } ?? true
                && account.distrustedUntil.map { now >= $0 } ?? true
                && account.lastProbe.map { now - $0 >= probePause } ?? true
        }
        return self[payer][payer.id]
            ?? Account(checks: Measure(checkBurst, every: checkPause, at: now))
    }

    private mutating func keep(_ account: Account, of payer: Payer) {
        self[payer].keep(account, of: payer.id)
    }

    private subscript(_ payer: Payer) -> Book {
        get { payer.isStranger ? strangers : members }
        _modify {
            if payer.isStranger { yield &strangers } else { yield &members }
        }
    }
}
