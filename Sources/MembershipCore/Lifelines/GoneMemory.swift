import MembershipWire

/// The memory of members that were accused of being gone.
///
/// Invariant: nothing is kept about a member that does not live, but for the evidence of its death,
/// which is kept for a few seconds; and of each kind at most as many as there are members.
struct GoneMemory: Sendable {
    private let massCount: Int
    /// The first accusation of each suspect that we know, and since when.
    private(set) var accusations: [NodeID: (statement: GoneStatement, since: ClusterInstant)] = [:]
    /// Members that answered while their machine refused us: a filter refuses in their name.
    private var filtered: [NodeID: BootID] = [:]
    /// When such members were found, the last seconds of it.
    private var filtersFound: [ClusterInstant] = []
    /// Members whose machine has accepted a connection of ours.
    private var reached: [NodeID: BootID] = [:]
    /// Members that answered a check, and when.
    private var answered: [NodeID: (boot: BootID, at: ClusterInstant)] = [:]
    /// When members were accused, the last second of it.
    private var moments: [ClusterInstant] = []
    /// The accusations on which our verdicts of the last seconds rest.
    private var evidence: [NodeID: (statement: GoneStatement, since: ClusterInstant)] = [:]

    private static let massSpan: Duration = .seconds(1)
    private static let answerMemory: Duration = .seconds(1)
    private static let momentsKept = 64
    /// So many within so long show that it is the network that refuses.
    private static let filtersInDoubt = 2
    private static let doubtSpan: Duration = .seconds(10)
    static let evidenceMemory: Duration = .seconds(3)

    init(massCount: Int) { self.massCount = massCount }

    // MARK: Accusations

    mutating func accuse(_ statement: GoneStatement, at now: ClusterInstant) {
        accusations[statement.target] = (statement, now)
        moments.removeAll { now - $0 >= Self.massSpan }
        if moments.count < Self.momentsKept { moments.append(now) }
    }

    /// Whether more than three members were accused within the last second.
    func isMass(at now: ClusterInstant) -> Bool {
        moments.lazy.filter { now - $0 < Self.massSpan }.count > massCount
    }

    mutating func forgetAccusation(of member: NodeID) { accusations[member] = nil }

    /// Open accusations by one accuser.
    func count(by accuser: NodeID) -> Int {
        accusations.values.lazy.filter { $0.statement.accuser == accuser }.count
    }

    mutating func noteDeath(of member: NodeID, at now: ClusterInstant) {
        evidence = evidence.filter { now - $0.value.since < Self.evidenceMemory }
        guard let accusation = accusations.removeValue(forKey: member) else { return }
        evidence[member] = (accusation.statement, now)
    }

    func evidence(at now: ClusterInstant) -> [NodeID: GoneStatement] {
        evidence.filter { now - $0.value.since < Self.evidenceMemory }.mapValues(\.statement)
    }

    /// Whether a member was declared dead because it was gone, in the last seconds.
    func hasFreshDeath(at now: ClusterInstant) -> Bool {
        evidence.values.contains { now - $0.since < Self.evidenceMemory }
    }

    // MARK: Answers of machines and members

    mutating func noteReached(_ member: NodeID, _ boot: BootID) {
        reached[member] = boot
        if filtered[member] == boot { filtered[member] = nil }
    }

    func hasReached(_ member: NodeID, _ boot: BootID) -> Bool { reached[member] == boot }

    mutating func noteFilter(before member: NodeID, _ boot: BootID, at now: ClusterInstant) {
        guard filtered.updateValue(boot, forKey: member) != boot else { return }
        filtersFound.removeAll { now - $0 >= Self.doubtSpan }
        if filtersFound.count < Self.filtersInDoubt { filtersFound.append(now) }
    }

    /// Whether refusals prove nothing at present about any member: several that answered were refused too.
    func doubtsRefusals(at now: ClusterInstant) -> Bool {
        filtersFound.lazy.filter { now - $0 < Self.doubtSpan }.count >= Self.filtersInDoubt
    }

    /// Whether a refusal proves nothing about this boot.
    func isFiltered(_ member: NodeID, _ boot: BootID) -> Bool { filtered[member] == boot }

    mutating func noteAnswer(of member: NodeID, _ boot: BootID, at now: ClusterInstant) {
        answered[member] = (boot, now)
    }

    /// Whether this boot has just answered a check.
    func hasJustAnswered(_ member: NodeID, _ boot: BootID, at now: ClusterInstant) -> Bool {
        answered[member].map { $0.boot == boot && now - $0.at < Self.answerMemory } ?? false
    }

    mutating func forget(_ member: NodeID) {
        filtered[member] = nil
        reached[member] = nil
        answered[member] = nil
    }
}
