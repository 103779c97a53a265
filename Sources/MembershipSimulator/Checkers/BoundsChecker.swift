import MembershipCore
import MembershipWire

/// All notices stay within the bounds of the wire: accusers, deadlines, health, sizes.
package struct BoundsChecker: Checker, Sendable {
    package static let rule = "bounds hold"

    private let longestSuspicion: Duration
    private var delivered: Set<Delivery> = []
    private var list = ViolationList(rule)

    private struct Delivery: Hashable {
        var observer: Int
        var boot: Int
        var origin: NodeID
        var payload: [UInt8]
    }

    /// - Parameter longestSuspicion: the longest remaining time of any suspicion.
    package init(longestSuspicion: Duration) { self.longestSuspicion = longestSuspicion }
    package var violations: [Violation] { list.entries }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        switch event {
        case .noticed(let host, .changed(let change)):
            if let why = change.why { check(why, of: change, by: host, time, world) }
            if change.record.core.metadata.count > Bounds.metadataBytes {
                list.add(time, "\(world.subject(host, change.record)): metadata too long")
            }
        case .noticed(let host, .userMessage(let origin, _, let payload)):
            if payload.count > Bounds.userPayloadBytes {
                list.add(time, "\(world.hosts[host].alias): user message of \(payload.count) bytes")
            }
            let delivery = Delivery(
                observer: host, boot: world.hosts[host].boots, origin: origin, payload: payload)
            if !payload.isEmpty, !delivered.insert(delivery).inserted {
                list.add(
                    time,
                    "\(world.hosts[host].alias): received a message of \(world.name(of: origin)) twice"
                )
            }
        case .sent(let host, _, let datagram):
            if datagram.byteCount > Bounds.plaintextBytes.upperBound {
                list.add(
                    time, "\(world.hosts[host].alias): datagram of \(datagram.byteCount) bytes")
            }
            if datagram.items.count > Bounds.itemsPerDatagram {
                list.add(
                    time, "\(world.hosts[host].alias): datagram of \(datagram.items.count) items")
            }
        case .misspoke(let host, let text):
            list.add(time, "\(world.hosts[host].alias): \(text)")
        case .action, .started, .stopped, .noticed, .holdsKeyset, .wrote: break
        }
    }

    private mutating func check(
        _ why: Why, of change: MemberChange, by host: Int, _ time: WorldInstant, _ world: World
    ) {
        let subject = world.subject(host, change.record)
        if why.accusers.count > Bounds.accusersInDead {
            list.add(time, "\(subject): \(why.accusers.count) accusers")
        }
        if !zip(why.accusers, why.accusers.dropFirst()).allSatisfy({ $0 < $1 }) {
            list.add(time, "\(subject): accusers not sorted or not distinct")
        }
        if why.accusers.contains(change.record.id) {
            list.add(time, "\(subject): accused by itself")
        }
        if !(0...8).contains(why.ownHealth) {
            list.add(time, "\(subject): own health \(why.ownHealth)")
        }
        if let deadline = why.deadline, deadline > longestSuspicion || deadline < .zero {
            list.add(time, "\(subject): dead in \(deadline.shortText)")
        }
        if let age = why.lastAckAge, age < .zero {
            list.add(time, "\(subject): last ack in the future")
        }
    }
}
