package import MembershipCore
import MembershipWire

/// When everything works again, all views become equal to the truth within a bounded time.
///
/// It does not observe events but judges the end: `disagreements` lists the remaining differences.
package enum ConvergenceChecker {
    package static let rule = "after the faults all views are equal, and true"

    /// How long after the last fault views may differ. A suspicion that has just begun runs its
    /// full, doubled time. Then members that were declared dead return by their own probes of the
    /// dead (mean 10 s, twenty times that is never seen) or by their seeds, which are asked again
    /// every 11 s.
    package static func limit(_ configuration: CoreConfiguration) -> Duration {
        configuration.longestSuspicion * 3 + .seconds(60)
    }

    /// Whether all awake processes have one view. Cheap.
    package static func viewsAgree(in world: World) -> Bool {
        var first: ViewDigest?
        for host in world.hosts where host.isRunning {
            guard let view = host.node?.viewDigest else { continue }
            if let first, first != view { return false }
            first = view
        }
        return true
    }

    /// Whether they have one view, and exactly the running members are alive in it.
    package static func isConverged(_ world: World) -> Bool {
        viewsAgree(in: world) && disagreements(in: world, atMost: 1).isEmpty
    }

    /// The wrong entries of each view, in the order of hosts.
    package static func disagreements(in world: World, atMost limit: Int = 8) -> [String] {
        var found: [String] = []
        let running = world.runningHosts
        for observer in running {
            guard let node = world.hosts[observer].node else { continue }
            let instant = world.hosts[observer].clock.instant(at: world.now)
            for subject in running {
                let status = node.status(of: world.hosts[subject].id, at: instant)
                if status?.state != .alive {
                    let state = status?.state.rawValue ?? "unknown"
                    found.append("n\(observer) holds n\(subject), which runs, for \(state)")
                } else if let own = world.hosts[subject].node?.ownRecord,
                    status?.record.incarnation != own.incarnation
                {
                    let known = status?.record.incarnation.description ?? "?"
                    found.append(
                        "n\(observer) knows n\(subject) at incarnation \(known), not \(own.incarnation)"
                    )
                }
                if found.count >= limit { return found }
            }
            for status in node.members(at: instant) {
                guard let subject = world.host(of: status.record.id) else { continue }
                let isLiving = status.state == .alive || status.state == .suspect
                if isLiving, !world.hosts[subject].hasProcess {
                    found.append(
                        "n\(observer) holds n\(subject), which is gone, for \(status.state)")
                }
                if found.count >= limit { return found }
            }
        }
        return found
    }
}
