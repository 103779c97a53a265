import MembershipCore
import MembershipWire

/// "Left" is a member's last state in one life. It is seen only of members that an action made
/// leave, and such a member has no other state until it starts again under a new boot.
package struct LeftIsFinalChecker: Checker, Sendable {
    package static let rule = "left is final for one life, and no member leaves without saying so"

    private var left = Beliefs<BootID>()
    private var leavers: Set<BootID> = []
    private var list = ViolationList(rule)

    package init() {}
    package var violations: [Violation] { list.entries }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        switch event {
        case .started(let host, _): left.forget(observer: host)
        case .action(.leave(let host)):
            if let boot = world.hosts[host].boot { leavers.insert(boot) }
        case .noticed(let host, .changed(let change)): check(change, by: host, time, world)
        case .action, .stopped, .noticed, .holdsKeyset, .sent, .wrote, .misspoke: break
        }
    }

    private mutating func check(
        _ change: MemberChange, by host: Int, _ time: WorldInstant, _ world: World
    ) {
        let record = change.record
        let belief = Belief(observer: host, member: record.id)
        switch change.kind {
        case .left:
            if !leavers.contains(record.boot) {
                list.add(time, "\(world.subject(host, record)): it never left")
            }
            left[belief] = record.boot
        case .removed: left[belief] = nil
        case .joined, .suspected, .recovered, .restarted, .renewed, .updated, .failed:
            if left[belief] == record.boot {
                list.add(time, "\(world.subject(host, record)): \(change.kind) after it had left")
            }
        }
    }
}
