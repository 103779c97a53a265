import MembershipCore
import MembershipWire

/// The data of a run that its page shows, gathered during the run: the actions, the notices of each
/// host, and the traffic that each had sent at regular moments.
package struct RunRecord: WorldObserver, Sendable {
    /// One notice of one host about another.
    struct Event: Sendable {
        var time: WorldInstant
        var observer: Int
        var member: Int
        /// The name in the JSON of real runs: `joined`, `failed`, `message`.
        var kind: String
        var incarnation: UInt64?
    }

    private(set) var actions: [PlannedAction] = []
    private(set) var events: [Event] = []
    /// The moments of samples.
    private(set) var moments: [WorldInstant] = []
    /// By the same index, the traffic that each host had sent by then.
    private(set) var sent: [[Traffic]] = []

    package init() {}

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        switch event {
        case .action(let action): actions.append(PlannedAction(at: time, action))
        case .noticed(let host, .changed(let change)):
            guard let member = world.host(of: change.record.id) else { return }
            events.append(
                Event(
                    time: time, observer: host, member: member, kind: "\(change.kind)",
                    incarnation: change.record.incarnation.number))
        case .noticed(let host, .userMessage(let origin, _, _)):
            guard let member = world.host(of: origin) else { return }
            events.append(
                Event(time: time, observer: host, member: member, kind: "message"))
        case .noticed, .started, .stopped, .holdsKeyset, .misspoke, .sent, .wrote: break
        }
    }

    /// Notes the traffic that each host has sent so far. It must be called at regular intervals.
    package mutating func sample(_ world: World) {
        moments.append(world.now)
        sent.append(world.hosts.map(\.traffic))
    }
}
