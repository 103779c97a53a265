import MembershipCore
import MembershipWire

/// A knock: the first packet of a connection, and what the other machine says to it. A lost packet is
/// sent again by the kernel after 1, 2, 4 s, as TCP does; mostly the next knock is there before.
extension World {
    private static let firstRepetition: Duration = .seconds(1)

    mutating func knock(
        _ id: KnockID, at endpoint: Endpoint, within patience: Duration, by host: Int
    ) {
        let boot = hosts[host].boots
        hosts[host].knocks.insert(id)
        hosts[host].traffic.knocks += 1
        func schedule(_ answer: KnockAnswer, after delay: Duration) {
            queue.schedule(
                .arrival(host: host, boot: boot, .knocked(id, answer)), at: now + delay)
        }
        guard !hosts[host].isExhausted else { return schedule(.none, after: .zero) }
        schedule(.none, after: patience)
        let knock = KnockOnTheWay(
            id: id, host: host, boot: boot, endpoint: endpoint, deadline: now + patience)
        queue.schedule(.knock(knock), at: now + network.delay(&networkRandom))
    }

    /// The packet reaches the other machine, or does not.
    mutating func arrive(_ knock: KnockOnTheWay) {
        guard isCurrent(knock.host, knock.boot), hosts[knock.host].knocks.contains(knock.id) else {
            return
        }
        guard let target = occupants[knock.endpoint], let answer = answer(of: target, to: knock),
            !isBlocked(target, knock.host)
        else {
            var again = knock
            again.repetitions += 1
            let pause = Self.firstRepetition * (1 << min(knock.repetitions, 4))
            guard now + pause < knock.deadline else { return }
            return queue.schedule(.knock(again), at: now + pause)
        }
        queue.schedule(
            .arrival(host: knock.host, boot: knock.boot, .knocked(knock.id, answer)),
            at: now + network.delay(&networkRandom))
    }

    /// The machine's answer: nothing if it is gone, or the packet was lost.
    private mutating func answer(of target: Int, to knock: KnockOnTheWay) -> KnockAnswer? {
        guard hosts[target].phase != .vanished, !isBlocked(knock.host, target) else { return nil }
        switch network.filter(from: knock.host, to: target) {
        case .drops: return nil
        case .refuses: return .refused
        case .passes: return hosts[target].hasProcess ? .accepted : .refused
        }
    }
}

/// A knock between two machines.
struct KnockOnTheWay: Sendable {
    let id: KnockID
    let host: Int
    let boot: Int
    let endpoint: Endpoint
    let deadline: WorldInstant
    var repetitions = 0
}
