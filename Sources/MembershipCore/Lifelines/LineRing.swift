import MembershipWire

/// The lifelines that stand or are being opened: to whom, and which to open or give up.
///
/// The members of a circle, sorted by id, hold the hands of the next two. Nothing is agreed upon: each
/// opens to the two that follow it, and is held by the two before it.
/// Invariant: at most `acceptedLimit` lines were opened by others.
struct LineRing: Sendable {
    private let successors: Int
    let acceptedLimit: Int
    /// Our own lines that are being opened at once.
    private let openingLimit: Int
    private let longestPause: Duration
    /// In so small a cluster two members hold both directions: one lost packet is half of all there is.
    private static let smallCluster = 3

    struct Line: Sendable {
        let member: NodeID
        let boot: BootID
        let isOurs: Bool
    }

    private struct Reopening: Sendable {
        var pause: Duration
        var notBefore: ClusterInstant
        var forgottenAt: ClusterInstant
    }

    private(set) var lines: [StreamID: Line] = [:]
    private var opening: Set<NodeID> = []
    private var reopenings: [NodeID: Reopening] = [:]

    init(_ configuration: CoreConfiguration) {
        successors = configuration.lifelinesHeld
        acceptedLimit = configuration.lifelinesAccepted
        openingLimit = configuration.lifelinesOpening
        longestPause = configuration.longestLifelinePause
    }

    private static let memory: Duration = .seconds(60)
    private static let remembered = 256

    var held: Int { lines.values.lazy.filter(\.isOurs).count }
    var accepted: Int { lines.count - held }

    // MARK: Lines

    mutating func noteOpening(_ member: NodeID) { opening.insert(member) }

    mutating func stand(_ line: Line, on stream: StreamID) {
        if line.isOurs { opening.remove(line.member) }
        lines[stream] = line
    }

    mutating func noteFailedOpening(of member: NodeID, at now: ClusterInstant) {
        opening.remove(member)
        postpone(member, at: now)
    }

    mutating func drop(_ stream: StreamID) -> Line? { lines.removeValue(forKey: stream) }

    /// Streams with this member, but for those with `boot`.
    func streams(with member: NodeID, otherThan boot: BootID? = nil) -> [StreamID] {
        lines.filter { $0.value.member == member && $0.value.boot != boot }.keys.sorted()
    }

    /// 1, 2, 4 … 30 s until it is opened again; forgotten after a minute of quiet.
    private mutating func postpone(_ member: NodeID, at now: ClusterInstant) {
        if reopenings.count >= Self.remembered {
            reopenings = reopenings.filter { now < $0.value.forgottenAt }
        }
        let last = reopenings[member].flatMap { now < $0.forgottenAt ? $0.pause : nil }
        let pause = last.map { min($0 * 2, longestPause) } ?? .seconds(1)
        guard reopenings.count < Self.remembered || reopenings[member] != nil else { return }
        reopenings[member] = Reopening(
            pause: pause, notBefore: now + pause, forgottenAt: now + pause + Self.memory)
    }

    /// A new run of the member: its failures are those of the run before.
    mutating func forgetFailures(of member: NodeID) { reopenings[member] = nil }

    private func waitsUntil(_ member: NodeID, at now: ClusterInstant) -> ClusterInstant? {
        reopenings[member].flatMap { $0.notBefore > now ? $0.notBefore : nil }
    }

    // MARK: The circle

    struct Plan: Sendable {
        var open: [NodeID] = []
        var close: [StreamID] = []
        var lookAgain: ClusterInstant?
    }

    /// The lines to open and to close, so that we hold the next two that `mayHold` allows and that are not
    /// `isLost`: accused of being gone, or refusing us. For each lost one before them we look one further. So the
    /// gap that a rack full of neighbors leaves is crossed in doubling steps, not two by two. A member that
    /// does not answer (section 12) is not one of the two, and takes at most half of the openings.
    func plan(
        in table: MemberTable, from own: NodeID, at now: ClusterInstant,
        mayHold: (MemberTable.Entry) -> Bool, isLost: (NodeID) -> Bool
    ) -> Plan {
        var plan = Plan()
        guard let place = table.index(of: own) else { return plan }
        let isSmall = table.livingCount <= Self.smallCluster
        var targets: [NodeID] = []
        var isClosed = true
        var wanted = successors
        for step in 1..<max(1, table.count) {
            guard targets.count < wanted else { break }
            let entry = table.entry(at: (place + step) % table.count)
            let member = entry.record.id
            guard entry.state.isLiving, mayHold(entry) else { continue }
            if isLost(member) {
                wanted = min(wanted + 1, acceptedLimit)
            } else if isLinked(member, isSmall: isSmall) {
                targets.append(member)
            } else if !opening.contains(member), let later = waitsUntil(member, at: now) {
                // A member that turned us away is passed over until it may be asked again.
                plan.lookAgain = min(plan.lookAgain ?? later, later)
            } else {
                let answers = table.isCounted(member)
                let limit = answers ? openingLimit : openingLimit / 2
                if !opening.contains(member), opening.count + plan.open.count < limit {
                    plan.open.append(member)
                }
                guard answers else { continue }
                isClosed = false
                targets.append(member)
            }
        }
        guard isClosed else { return plan }
        for (stream, line) in lines.sorted(by: { $0.key < $1.key })
        where line.isOurs && !targets.contains(line.member)
            && table[line.member]?.state == .alive
        {
            plan.close.append(stream)
        }
        return plan
    }

    private func isLinked(_ member: NodeID, isSmall: Bool) -> Bool {
        lines.values.contains { $0.member == member && ($0.isOurs || !isSmall) }
    }
}
