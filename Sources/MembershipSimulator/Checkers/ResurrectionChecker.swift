import MembershipCore
import MembershipWire

/// A member that is dead at some incarnation returns only with a higher one or in a new life: old
/// rumors revive no member.
package struct ResurrectionChecker: Checker, Sendable {
    package static let rule = "no old statement brings a dead member back"

    private var tombstones = Beliefs<MemberRecord>()
    private var list = ViolationList(rule)

    package init() {}
    package var violations: [Violation] { list.entries }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        if case .started(let host, _) = event { tombstones.forget(observer: host) }
        guard case .noticed(let host, .changed(let change)) = event else { return }
        let belief = Belief(observer: host, member: change.record.id)
        switch change.kind {
        case .failed, .left: tombstones[belief] = change.record
        case .removed: tombstones[belief] = nil
        case .joined, .suspected, .recovered, .restarted, .renewed, .updated:
            guard let buried = tombstones[belief] else { return }
            let isOld = change.record.incarnation <= buried.incarnation
            if isOld, change.record.boot == buried.boot {
                let text = "dead at \(buried.incarnation), now \(change.kind)"
                list.add(time, "\(world.subject(host, change.record)): \(text)")
            }
            tombstones[belief] = nil
        }
    }
}
