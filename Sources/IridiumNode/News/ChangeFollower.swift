import IridiumShell
package import Membership
import MembershipWire

/// Follows the events of a cluster and remembers just enough to find the changes.
///
/// Events go in, changes come out. A reader that was too slow receives a snapshot. Then only
/// differences from the last known state are changes.
package struct ChangeFollower: Sendable {
    private struct Known: Sendable {
        var name: NodeAlias
        var member: Member
        var since: ContinuousClock.Instant

        var state: MemberState { member.state }
        var incarnation: Incarnation { member.incarnation }

        /// The differences between this member and `new`.
        func differences(from new: Member) -> [ChangeOfMember.Difference] {
            var found: [ChangeOfMember.Difference] = []
            if member.endpoint != new.endpoint {
                found.append(.address(from: member.endpoint, to: new.endpoint))
            }
            if member.metadata != new.metadata { found.append(.metadata(new.metadata)) }
            if member.statedName != new.statedName { found.append(.name(new.statedName)) }
            return found
        }
    }

    private var known: [NodeID: Known] = [:]
    private var alive = 0
    /// A node that is followed from before its start reports all members except itself.
    private var hasSelf = false

    package init() {}

    /// The names of all members, sorted: O(n log n).
    package var names: [String] { known.values.map(\.name).sorted().map(\.text) }
    var count: Int { known.count }

    /// The state of every member, by name. If a dead and a living member have one name, both are there.
    var states: [(name: String, state: MemberState)] {
        known.values.map { ($0.name.text, $0.state) }
    }

    /// The changes in one event; none for notices and messages.
    package mutating func changes(
        in event: ClusterEvent, at time: WallClock = .now,
        now: ContinuousClock.Instant = .now
    ) -> [ChangeOfMember] {
        switch event {
        case .snapshot(let members), .lagged(_, let members):
            return follow(snapshot: members, at: time, now: now)
        case .joined(let member): return [follow(.joined, member, time, now)]
        case .suspected(let member): return [follow(.suspected, member, time, now)]
        case .recovered(let member): return [follow(.recovered, member, time, now)]
        case .failed(let member): return [follow(.failed, member, time, now)]
        case .left(let member): return [follow(.left, member, time, now)]
        case .restarted(let member): return [follow(.restarted, member, time, now)]
        case .updated(let member, was: _): return [follow(.updated, member, time, now)]
        case .removed(let member): return [follow(.removed, member, time, now)]
        case .message, .notice: return []
        }
    }

    /// The message in an event; nil for all other events. A sender that is no longer known is named
    /// by its id.
    package func message(
        in event: ClusterEvent, at time: WallClock = .now
    ) -> MessageOfMember? {
        guard case .message(let sender, let type, let payload) = event else { return nil }
        let name = known[sender]?.name.text ?? sender.description
        return MessageOfMember(
            line: MessageLine(sender: name, type: type, payload: payload), senderID: sender,
            at: time)
    }

    private mutating func follow(
        snapshot members: [Member], at time: WallClock, now: ContinuousClock.Instant
    ) -> [ChangeOfMember] {
        let isFirst = known.isEmpty
        if members.contains(where: \.isSelf) { hasSelf = true }
        let present = Set(members.map(\.id))
        for id in known.keys where !present.contains(id) { forget(id) }
        var changes: [ChangeOfMember] = []
        for member in members {
            if let earlier = known[member.id], earlier.state == member.state {
                guard member.isLiving else { continue }
                if earlier.member.boot != member.boot {
                    changes.append(follow(.restarted, member, time, now))
                } else if !earlier.differences(from: member).isEmpty {
                    changes.append(follow(.updated, member, time, now))
                }
                continue
            }
            let kind: ChangeOfMember.Kind =
                switch member.state {
                case .alive: known[member.id]?.state == .suspect ? .recovered : .joined
                // At the start, a suspect is simply one more member.
                case .suspect: isFirst ? .joined : .suspected
                case .dead: .failed
                case .left: .left
                }
            changes.append(follow(kind, member, time, now, isSnapshot: isFirst))
        }
        return changes
    }

    private mutating func forget(_ id: NodeID) {
        if known.removeValue(forKey: id)?.state == .alive { alive -= 1 }
    }

    private mutating func follow(
        _ kind: ChangeOfMember.Kind, _ member: Member, _ time: WallClock,
        _ now: ContinuousClock.Instant, isSnapshot: Bool = false
    ) -> ChangeOfMember {
        let earlier = known[member.id]
        if member.isSelf { hasSelf = true }
        forget(member.id)
        if kind != .removed {
            let isSame = earlier?.state == member.state
            known[member.id] = Known(
                name: member.name, member: member, since: isSame ? (earlier?.since ?? now) : now)
            if member.state == .alive { alive += 1 }
        }
        return ChangeOfMember(
            kind: kind, member: member, earlier: earlier?.state,
            earlierLasted: earlier.map { now - $0.since },
            earlierIncarnation: earlier?.incarnation,
            differences: kind == .updated ? earlier?.differences(from: member) ?? [] : [],
            aliveCount: alive + (hasSelf ? 0 : 1),
            at: time,
            isSnapshot: isSnapshot)
    }
}
