import MembershipCore
import MembershipWire

/// Each observer sees only these changes of a member's state:
///
/// ```
/// unknown --joined--> alive --suspected--> suspect --failed--> dead
///    ^                 ^ ^------recovered-----'                  |
///    |                 '-------------joined----------------------'
///    '--removed-- left <--left-- alive, suspect, dead
/// ```
/// `restarted`, `renewed` and `updated` leave an alive member alive. No node reports itself suspect
/// or dead.
package struct TransitionChecker: Checker, Sendable {
    package static let rule = "no illegal transition"

    private var states = Beliefs<MemberState>()
    private var list = ViolationList(rule)

    package init() {}
    package var violations: [Violation] { list.entries }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        if case .started(let host, _) = event { states.forget(observer: host) }
        guard case .noticed(let host, .changed(let change)) = event else { return }
        let belief = Belief(observer: host, member: change.record.id)
        let isSelf = change.record.id == world.hosts[host].id
        let before = states[belief] ?? (isSelf ? .alive : nil)
        if !Self.isLegal(change.kind, from: before) {
            let state = before?.rawValue ?? "unknown"
            list.add(time, "\(world.subject(host, change.record)): \(change.kind) while \(state)")
        }
        let after = Self.outcome(of: change.kind)
        if let after, after != change.state {
            list.add(
                time, "\(world.subject(host, change.record)): \(change.kind), yet \(change.state)")
        }
        let isBad = change.kind == .suspected || change.kind == .failed
        if isBad, isSelf {
            list.add(time, "\(world.subject(host, change.record)): \(change.kind) by itself")
        }
        states[belief] = after
    }

    /// A tombstone may be learnt without a notice: `nil` stands for that, too.
    private static func isLegal(_ kind: MemberChange.Kind, from state: MemberState?) -> Bool {
        switch kind {
        case .joined: state == nil || state == .dead || state == .left
        case .suspected: state == .alive
        case .recovered, .failed: state == .suspect
        case .restarted, .renewed, .updated: state == .alive
        case .left: state == .alive || state == .suspect || state == .dead || state == nil
        case .removed: state == .dead || state == .left || state == nil
        }
    }

    private static func outcome(of kind: MemberChange.Kind) -> MemberState? {
        switch kind {
        case .joined, .recovered, .restarted, .renewed, .updated: .alive
        case .suspected: .suspect
        case .failed: .dead
        case .left: .left
        case .removed: nil
        }
    }
}
