import MembershipCore
import MembershipWire

/// A member that is declared dead because its process is gone was gone: at that moment no process of that boot
/// ran on its machine. A firewall, lost datagrams, a pause and any number of liars do not suffice.
package struct GoneChecker: Checker, Sendable {
    package static let rule = "only a member whose process is gone is dead because it is gone"

    private var list = ViolationList(rule)
    /// Pairs of observer and member.
    package private(set) var verdicts = 0

    package init() {}
    package var violations: [Violation] { list.entries }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        guard case .noticed(let host, .changed(let change)) = event, change.kind == .failed,
            change.why?.isGone == true
        else { return }
        verdicts += 1
        guard let member = world.host(of: change.record.id) else { return }
        let subject = world.hosts[member]
        guard subject.hasProcess, subject.boot == change.record.boot else { return }
        list.add(time, "\(world.subject(host, change.record)): its process runs")
    }
}
