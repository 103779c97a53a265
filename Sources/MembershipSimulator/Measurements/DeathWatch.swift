package import MembershipCore
import MembershipWire

/// The members that were declared dead, with the observer and the time.
package struct DeathWatch: WorldObserver, Sendable {
    package struct Death: Hashable, Sendable {
        package var observer: Int
        package var member: Int
        package var time: WorldInstant

        package init(observer: Int, member: Int, time: WorldInstant) {
            self.observer = observer
            self.member = member
            self.time = time
        }
    }

    package private(set) var deaths: [Death] = []
    package private(set) var firstSuspicion: [Int: WorldInstant] = [:]

    package init() {}

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        guard case .noticed(let host, .changed(let change)) = event,
            change.kind == .failed || change.kind == .suspected,
            let member = world.host(of: change.record.id)
        else { return }
        if change.kind == .failed {
            deaths.append(Death(observer: host, member: member, time: time))
        } else if firstSuspicion[member] == nil {
            firstSuspicion[member] = time
        }
    }
}

/// The hosts that received some news, and when.
package struct Arrivals: WorldObserver, Sendable {
    package enum Subject: Hashable, Sendable {
        case change(MemberChange.Kind, of: Int)
        case message(type: UInt16)
    }

    private let subject: Subject
    package private(set) var times: [Int: WorldInstant] = [:]

    package init(of subject: Subject) { self.subject = subject }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        guard case .noticed(let host, let notice) = event, times[host] == nil else { return }
        switch (subject, notice) {
        case (.message(let wanted), .userMessage(_, let type, _)) where type == wanted:
            times[host] = time
        case (.change(let kind, let wanted), .changed(let change)) where change.kind == kind:
            if world.host(of: change.record.id) == wanted { times[host] = time }
        default: break
        }
    }
}
