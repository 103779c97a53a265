import MembershipCore
import MembershipWire

/// No member holds a state that its member did not publish, and no version of one process falls. At the end all living
/// members hold equal states: those that their members last wrote.
package struct StateChecker: Checker, Sendable {
    package static let rule = "states are those of their members, and become equal"

    private struct Version: Sendable {
        let process: BootID?
        let number: UInt64
    }

    /// The maps that each member has published in any of its lives.
    private var published: [NodeID: Set<[UInt8]>] = [:]
    private var versions = Beliefs<Version>()
    private var list = ViolationList(rule)

    package init() {}
    package var violations: [Violation] { list.entries }

    package mutating func observe(_ event: WorldEvent, at time: WorldInstant, in world: World) {
        switch event {
        case .stopped(let host): versions.forget(observer: host)
        case .noticed(let host, .stateChanged(let member, let map)):
            note(map, of: member, heldBy: host, time, world)
        case .action, .started, .noticed, .holdsKeyset, .misspoke, .sent, .wrote: break
        }
    }

    private mutating func note(
        _ map: StateMap?, of member: NodeID, heldBy host: Int, _ time: WorldInstant, _ world: World
    ) {
        guard let map, let node = world.hosts[host].node else { return }
        let text = StateStatement.rootText(of: map.entries)
        if member == world.hosts[host].id {
            published[member, default: []].insert(text)
        } else if published[member]?.contains(text) != true {
            list.add(
                time,
                "\(world.hosts[host].alias) holds a state that \(world.name(of: member)) never published"
            )
        }
        let belief = Belief(observer: host, member: member)
        let new = Version(
            process: node.process(of: member), number: node.states.version(of: member) ?? 0)
        if let old = versions[belief], old.process == new.process, new.number < old.number {
            list.add(
                time,
                "\(world.hosts[host].alias) goes back to version \(new.number) of \(world.name(of: member))"
            )
        }
        versions[belief] = new
    }

    // MARK: The end

    /// Whether all awake processes hold equal states, and each the last one of every other.
    package static func isConverged(_ world: World) -> Bool {
        disagreements(in: world, atMost: 1).isEmpty
    }

    /// The differences, in the order of hosts.
    package static func disagreements(in world: World, atMost limit: Int = 8) -> [String] {
        var found: [String] = []
        let running = world.runningHosts
        let own = running.map { world.hosts[$0].node?.ownState.entries ?? [] }
        for observer in running {
            guard let node = world.hosts[observer].node else { continue }
            for (subject, entries) in zip(running, own) {
                let held = node.states.map(of: world.hosts[subject].id)?.entries ?? []
                guard held != entries else { continue }
                found.append("n\(observer) does not hold the state of n\(subject)")
                if found.count >= limit { return found }
            }
            if node.stateViewOfRows != node.states.viewHash {
                found.append("n\(observer) shows a hash that is not that of its states")
            }
            if found.count >= limit { return found }
        }
        return found
    }
}
