import MembershipCore
import MembershipWire

/// Only its owner raises an incarnation: no node sees one that the owner has not stated, and in no
/// view does it ever fall.
package struct IncarnationChecker: Checker, Sendable {
    package static let rule = "incarnations never fall, and only their owner raises them"

    private var seen = Beliefs<Incarnation>()
    private var stated: [NodeID: Incarnation] = [:]
    private var own: [Int: Incarnation] = [:]
    private var list = ViolationList(rule)

    package init() {}
    package var violations: [Violation] { list.entries }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        switch event {
        case .started(let host, _):
            seen.forget(observer: host)
            own[host] = nil
            if let record = world.hosts[host].node?.ownRecord {
                note(record, of: host, time, world)
            }
        case .noticed(let host, .ownRecordChanged(let record)): note(record, of: host, time, world)
        case .noticed(let host, .changed(let change)): check(change, by: host, time, world)
        case .action, .stopped, .noticed, .holdsKeyset, .sent, .wrote, .misspoke: break
        }
    }

    private mutating func note(
        _ record: MemberRecord, of host: Int, _ time: WorldInstant, _ world: World
    ) {
        if let before = own[host], record.incarnation < before {
            list.add(time, "\(world.subject(host, record)): its own was \(before)")
        }
        own[host] = record.incarnation
        stated[record.id] = max(stated[record.id] ?? record.incarnation, record.incarnation)
    }

    private mutating func check(
        _ change: MemberChange, by host: Int, _ time: WorldInstant, _ world: World
    ) {
        let record = change.record
        let belief = Belief(observer: host, member: record.id)
        if let before = seen[belief], record.incarnation < before {
            list.add(time, "\(world.subject(host, record)): it saw \(before) before")
        }
        // Invented members have no host.
        let isOfHost = world.host(of: record.id) != nil
        if isOfHost, record.incarnation > stated[record.id] ?? .first {
            list.add(time, "\(world.subject(host, record)): its owner never said so")
        }
        seen[belief] = change.kind == .removed ? nil : record.incarnation
    }
}
