import MembershipWire

/// How long a silent member is still believed before we declare it dead.
///
/// Picture a table where one guest has gone quiet. One neighbour asking "are they gone?" is weak
/// evidence: perhaps the neighbour is deaf. Every further, independent accuser makes waiting less
/// useful, so the deadline moves closer: a lot at first, then hardly, and never below `shortest`.
///
/// Lifeguard (Dadgar et al. 2018), section IV.B. Invariant: `shortest <= patience <= longest`;
/// accusers only grow, except that we may withdraw our own accusation.
struct Suspicion: Sendable {
    /// The accused incarnation. The member refutes by answering with a higher one.
    private(set) var incarnation: Incarnation
    private(set) var startedAt: ClusterInstant
    /// Bounds of our patience. `.zero < shortest <= longest`.
    private(set) var shortest: Duration
    private(set) var longest: Duration
    /// The member had been doubted before, and has not answered us since. Invented members cause many such
    /// suspicions; such suspicions do not count in the limit of an accuser.
    let isRepeated: Bool
    /// How many accusers are enough: 3, or fewer in a small cluster. At least 1.
    let quorum: Int
    /// The accusers, each with the signature that proves its accusation: ascending, distinct, at
    /// most `Bounds.accusersInDead`. Empty for a suspicion that rests on hearsay.
    private(set) var accusations: [DeadStatement.Accusation] = []
    /// The accusers of incarnations that the member has overtaken without being believed.
    private(set) var overtaken: [NodeID] = []
    /// How the first accusation came to us.
    let evidence: Why.Evidence
    /// The deadline that held when the member last stated a newer incarnation and was not believed.
    private var latest: ClusterInstant?
    /// When others were last asked whether they know better; nil before the deadline.
    var finalCheck: ClusterInstant?

    /// - Parameters:
    ///   - isSlow: such a member gets more time.
    ///   - counted: members in our view that answer, the accused and ourselves included.
    init(
        of target: MemberRecord, _ evidence: Why.Evidence, isSlow: Bool, counted: Int,
        isRepeated: Bool,
        _ configuration: CoreConfiguration, at now: ClusterInstant
    ) {
        let usual = configuration.shortestSuspicion
        let ofSlow = max(
            usual * configuration.slowSuspicionFactor, configuration.shortestSuspicionOfSlow)
        self.incarnation = target.incarnation
        self.startedAt = now
        self.shortest = isSlow ? ofSlow : usual
        self.longest = max(shortest, configuration.longestSuspicion)
        self.quorum = max(1, min(configuration.quorum, counted - 2))
        self.evidence = evidence
        self.isRepeated = isRepeated
    }

    /// Share of `longest - shortest` given up, in thousandths: ln(accusers) / ln(quorum), by quorum.
    /// A table, not `log`: libm may round differently per platform, and replays must not.
    private static let surrendered = [[1000], [0, 1000], [0, 631, 1000]]

    /// How long we wait from `startedAt`, with the present accusers.
    var patience: Duration { patience(from: shortest, to: longest) }

    /// The same within other bounds.
    func patience(from shortest: Duration, to longest: Duration) -> Duration {
        guard !accusations.isEmpty else { return longest }
        let row = Self.surrendered[min(quorum, Self.surrendered.count) - 1]
        let share = row[min(accusations.count, row.count) - 1]
        return longest - (longest - shortest) * share / 1000
    }

    /// The moment the member counts as dead if it has not refuted.
    var deadline: ClusterInstant {
        let deadline = startedAt + patience
        return latest.map { min($0, deadline) } ?? deadline
    }

    var accusers: [NodeID] { accusations.map(\.accuser) }

    func isAccused(by accuser: NodeID) -> Bool {
        accusations.contains { $0.accuser == accuser }
    }

    /// Whether one more accuser would be kept.
    func wouldStrengthen(_ accuser: NodeID) -> Bool {
        accusations.count < Bounds.accusersInDead && !isAccused(by: accuser)
    }

    /// Counts one more accusation, whose signature the caller has checked.
    mutating func strengthen(by accusation: DeadStatement.Accusation) {
        guard wouldStrengthen(accusation.accuser) else { return }
        let index =
            accusations.firstIndex { $0.accuser > accusation.accuser } ?? accusations.count
        accusations.insert(accusation, at: index)
    }

    /// Withdraws one accusation: the accused has answered that member.
    mutating func withdraw(_ accuser: NodeID) {
        accusations.removeAll { $0.accuser == accuser }
    }

    /// The member deserves less patience from now on.
    mutating func shorten(to shortest: Duration, longest: Duration) {
        self.shortest = min(self.shortest, shortest)
        self.longest = min(self.longest, longest)
    }

    /// The member states a newer incarnation and is not believed. The accusations were about the former
    /// one; the deadline stays.
    mutating func carryOver(to newer: Incarnation) {
        latest = deadline
        incarnation = newer
        overtaken = Set(overtaken + accusers).sorted()
        accusations.removeAll()
    }

    /// The member has answered, so these accusers were wrong.
    mutating func takeOvertaken() -> [NodeID] {
        defer { overtaken.removeAll() }
        return overtaken
    }

    /// Starts again without an accuser: our own link was down, so our measurements mean nothing.
    mutating func restart(at now: ClusterInstant) {
        startedAt = now
        latest = nil
        accusations.removeAll()
        finalCheck = nil
    }
}
