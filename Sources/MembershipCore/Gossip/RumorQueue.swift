import MembershipWire

/// News on its way out: what, how urgent, how often still, and when next.
///
/// A rumor goes to six members at once and then, at doubling gaps, to two at a time until it has
/// been sent ln N + 5 times: the first wave makes it fast, the later ones make it sure. A newer
/// rumor about the same subject replaces the older. PROTOCOL rules: Specs/Protocol.md, "Rumors".
struct RumorQueue: Sendable {
    /// Lower goes first when a datagram is full.
    enum Urgency: Int, Comparable, Sendable {
        case refutation, gone, suspicion, verdict, record, state, user
        static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// The subject of a rumor; at most one rumor per subject is on its way.
    enum Subject: Hashable, Sendable {
        case member(NodeID)
        case accusation(of: NodeID, by: NodeID)
        /// Goes on after the verdict: it is what the others are to look at.
        case gone(of: NodeID)
        case state(of: NodeID)
        case user(NodeID, UInt64)
        case slowness(of: NodeID)
    }

    struct Rumor: Sendable {
        let subject: Subject
        let item: Item
        let bytes: Int
        let urgency: Urgency
        let serial: UInt64
        /// Waves that it begins behind: then it has no first wave, and longer gaps.
        let wavesSkipped: Int
        /// Waves sent; 0 means that the first is still to come.
        var waves = 0
        var sendsLeft: Int
        var due: ClusterInstant
    }

    private(set) var rumors: [Rumor] = []
    private var serial: UInt64 = 0

    var isEmpty: Bool { rumors.isEmpty }
    var earliestDue: ClusterInstant? { rumors.lazy.map(\.due).min() }
    var waiting: Int { rumors.lazy.filter { $0.waves == 0 }.count }
    var waitingRecords: Int {
        rumors.lazy.filter { $0.waves == 0 && $0.urgency == .record }.count
    }

    /// States on their way, except that of one member.
    func states(except subject: Subject) -> Int {
        rumors.count { $0.urgency == .state && $0.subject != subject }
    }

    func messagesWaiting(of origin: NodeID) -> Int {
        rumors.count {
            if case .user(origin, _) = $0.subject { $0.waves == 0 } else { false }
        }
    }

    /// Queues news, and removes the news that it replaces. Returns false if news is lost that was never
    /// sent: this news, if the queue is full of things more urgent, or the news that was dropped for it.
    mutating func add(
        _ item: Item, about subject: Subject, _ urgency: Urgency, sends: Int, due: ClusterInstant,
        wavesSkipped: Int = 0
    ) -> Bool {
        remove(about: subject)
        var isLost = false
        if rumors.count >= Bounds.queueEntries {
            guard
                let victim = rumors.indices.max(by: {
                    (rumors[$0].urgency, rumors[$0].waves) < (rumors[$1].urgency, rumors[$1].waves)
                }), rumors[victim].urgency >= urgency
            else { return false }
            isLost = rumors.remove(at: victim).waves == 0
        }
        serial += 1
        rumors.append(
            Rumor(
                subject: subject, item: item, bytes: item.byteCount, urgency: urgency,
                serial: serial, wavesSkipped: wavesSkipped, sendsLeft: sends, due: due))
        return !isLost
    }

    mutating func remove(about subject: Subject) {
        rumors.removeAll { $0.subject == subject }
    }

    mutating func removeAll() { rumors.removeAll() }

    /// Everything said about a member so far is overtaken: its record, and who accused it.
    mutating func removeAll(about member: NodeID) {
        rumors.removeAll {
            switch $0.subject {
            case .member(let id): id == member
            case .accusation(of: let id, by: _): id == member
            case .state, .user, .slowness, .gone: false
            }
        }
    }

    func item(about subject: Subject) -> Item? {
        rumors.first { $0.subject == subject }?.item
    }

    /// The rumors whose first wave, or whose next repair wave, is due: the most urgent first. The
    /// queue changes only when `sent` is called.
    ///
    /// - Parameter ahead: where one of them is in no hurry, others of this kind that are due so soon leave with it.
    func due(at now: ClusterInstant, isFirstWave: Bool, ahead: Duration) -> [Rumor] {
        let isUnhurriedDue = rumors.contains { $0.wavesSkipped > 0 && $0.due <= now }
        let due = rumors.indices.filter {
            let rumor = rumors[$0]
            guard (rumor.waves + rumor.wavesSkipped == 0) == isFirstWave else { return false }
            return rumor.due <= now
                || isUnhurriedDue && rumor.wavesSkipped > 0 && rumor.due <= now + ahead
        }
        return inOrder(due).map { rumors[$0] }
    }

    /// The rumors that go along with these: with an accusation, the news that its target is gone. Many members
    /// accuse and few say GONE, so a member that no GONE has reached hears it with the accusations.
    func companions(of due: [Rumor]) -> [Rumor] {
        rumors.filter { rumor in
            guard case .gone(let target) = rumor.subject else { return false }
            return !due.contains { $0.serial == rumor.serial }
                && due.contains {
                    if case .accusation(target, by: _) = $0.subject { true } else { false }
                }
        }
    }

    /// Whether this accusation is needless: the news that its target is gone is on its way and makes all others
    /// look for themselves.
    func isGoneWaiting(instead subject: Subject) -> Bool {
        guard case .accusation(let target, by: _) = subject else { return false }
        return rumors.contains { $0.subject == .gone(of: target) }
    }

    /// The most urgent first, then the older.
    func inOrder(_ indices: [Int]) -> [Int] {
        indices.count < 2
            ? indices
            : indices.sorted {
                (rumors[$0].urgency, rumors[$0].serial) < (rumors[$1].urgency, rumors[$1].serial)
            }
    }

    /// A wave of these rumors went to `targets` members each.
    mutating func sent(
        _ serials: Set<UInt64>, to targets: Int, at now: ClusterInstant,
        _ configuration: CoreConfiguration
    ) {
        for index in rumors.indices where serials.contains(rumors[index].serial) {
            rumors[index].sendsLeft -= targets
            // 1, 2, 4 … gaps; capped where a wave would come after every member knows anyway.
            let doublings = min(
                rumors[index].waves + rumors[index].wavesSkipped, configuration.longestGapDoubling)
            rumors[index].due = now + configuration.repairGap * (1 << doublings)
            rumors[index].waves += 1
        }
        rumors.removeAll { $0.sendsLeft <= 0 }
    }

    /// One copy travelled on a heartbeat or ack.
    mutating func sentAlong(_ serials: [UInt64]) {
        for index in rumors.indices where serials.contains(rumors[index].serial) {
            rumors[index].sendsLeft -= 1
        }
        rumors.removeAll { $0.sendsLeft <= 0 }
    }
}
