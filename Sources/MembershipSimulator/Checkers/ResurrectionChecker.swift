import MembershipCore
import MembershipWire

/// Who is dead at some incarnation comes back only by a higher one: old rumors revive nobody.
package struct ResurrectionChecker: Checker, Sendable {
    package static let rule = "no old statement brings a dead member back"

    private var tombstones = Beliefs<Incarnation>()
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
        case .failed, .left: tombstones[belief] = change.record.incarnation
        case .removed: tombstones[belief] = nil
        case .joined, .suspected, .recovered, .updated:
            guard let buried = tombstones[belief] else { return }
            if change.record.incarnation <= buried {
                list.add(
                    time, "\(world.subject(host, change.record)): buried at \(buried), now \(change.kind)")
            }
            tombstones[belief] = nil
        }
    }
}
