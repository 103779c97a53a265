import MembershipCore
import MembershipWire

/// No member is declared dead without evidence: the node that declares it suspected that
/// incarnation before, the first suspicion anywhere is old enough for a refutation, and every named
/// accuser did accuse. A suspicion may outlast the refutations of a member
/// that does not answer: then the first suspicion of those that still last counts, whatever its
/// incarnation.
package struct EvidenceChecker: Checker, Sendable {
    package static let rule = "no death without a suspicion, time to refute, and true accusers"

    private struct Accusation: Hashable {
        var accuser: NodeID
        var target: NodeID
        var boot: BootID
    }

    private struct Accused: Hashable {
        var target: NodeID
        var incarnation: Incarnation
    }

    private struct Life: Hashable {
        var target: NodeID
        var boot: BootID
    }

    /// Suspicions held now, by each observer.
    private var suspicions = Beliefs<MemberRecord>()
    /// All accusations ever made, by any member, with the first incarnation that was accused.
    private var accusations: [Accusation: Incarnation] = [:]
    private var firstAccused: [Accused: WorldInstant] = [:]
    /// Since when each observer suspects a life, or had suspected it when it declared it dead.
    private var doubts: [Life: [Int: WorldInstant]] = [:]
    private var patience: Duration
    private var window: Duration
    private var list = ViolationList(rule)

    /// - Parameters:
    ///   - patience: the shortest time from the first suspicion anywhere to a death.
    ///   - window: the same, where the process is gone.
    package init(patience: Duration, window: Duration = .zero) {
        self.patience = patience
        self.window = window
    }
    package var violations: [Violation] { list.entries }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        switch event {
        case .started(let host, _): suspicions.forget(observer: host)
        // By its own clock, a node whose clock leaps has waited long enough.
        case .action(.leapClock): (patience, window) = (.zero, .zero)
        case .noticed(let host, .changed(let change)): note(change, by: host, time, world)
        case .action, .stopped, .noticed, .holdsKeyset, .sent, .wrote, .misspoke: break
        }
    }

    private mutating func note(
        _ change: MemberChange, by host: Int, _ time: WorldInstant, _ world: World
    ) {
        let record = change.record
        let belief = Belief(observer: host, member: record.id)
        let life = Life(target: record.id, boot: record.boot)
        switch change.kind {
        case .suspected:
            doubts[life, default: [:]][host] = time
            suspicions[belief] = record
            let accusation = Accusation(
                accuser: world.hosts[host].id, target: record.id, boot: record.boot)
            accusations[accusation] = min(
                accusations[accusation] ?? record.incarnation, record.incarnation)
            let accused = Accused(target: record.id, incarnation: record.incarnation)
            if firstAccused[accused] == nil { firstAccused[accused] = time }
        case .failed:
            judge(change, by: host, time, world)
            suspicions[belief] = nil
            // Others may believe this verdict after the member has come back here.
            let accused = Accused(target: record.id, incarnation: record.incarnation)
            if let start = doubts[life]?[host] {
                firstAccused[accused] = min(firstAccused[accused] ?? start, start)
            }
        case .joined, .recovered, .restarted, .renewed, .updated, .left, .removed:
            suspicions[belief] = nil
            doubts[life]?[host] = nil
        }
    }

    private mutating func judge(
        _ change: MemberChange, by host: Int, _ time: WorldInstant, _ world: World
    ) {
        let record = change.record
        let subject = world.subject(host, record)
        guard let suspected = suspicions[Belief(observer: host, member: record.id)],
            suspected.boot == record.boot, suspected.incarnation <= record.incarnation
        else {
            return list.add(time, "\(subject): declared dead by an observer without a suspicion")
        }
        let accused = Accused(target: record.id, incarnation: record.incarnation)
        let patience = change.why?.isGone == true ? window : patience
        let life = Life(target: record.id, boot: record.boot)
        let starts = [firstAccused[accused], doubts[life]?.values.min()].compactMap(\.self)
        if let first = starts.min(), time - first < patience {
            let waited = (time - first).shortText
            list.add(time, "\(subject): dead \(waited) after the first suspicion anywhere")
        }
        for accuser in change.why?.accusers ?? [] {
            let accusation = Accusation(accuser: accuser, target: record.id, boot: record.boot)
            if accusations[accusation].map({ $0 > record.incarnation }) ?? true {
                list.add(time, "\(subject): \(world.name(of: accuser)) never accused it")
            }
        }
    }
}
