package import IridiumJSON
package import IridiumShell
package import Membership
import MembershipWire

/// One change of a member as this node saw it. It is shown as JSON, as a line of `iridium monitor`,
/// and as a line above the prompt.
package struct ChangeOfMember: Sendable {
    /// The words of `iridium.event/1`, and `removed`, which is shown to people only.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case joined, suspected, recovered, failed, left, restarted, updated, removed
    }

    /// A fact about the member that has changed.
    package enum Difference: Hashable, Sendable {
        case address(from: Endpoint, to: Endpoint)
        case metadata([UInt8])
        case name(NodeAlias)

        /// The word of `iridium.event/1`.
        var word: String {
            switch self {
            case .address: "address"
            case .metadata: "metadata"
            case .name: "name"
            }
        }

        var sentence: String {
            switch self {
            case .address(let from, let to): "moved from \(from) to \(to)"
            case .metadata(let bytes):
                "has new metadata: "
                    + (MetadataText.text(bytes).map { Layout.printable($0) }
                        ?? MetadataText.digits(bytes).map { "0x" + $0 } ?? "none")
            case .name(let name): "states the name \(name)"
            }
        }
    }

    package let kind: Kind
    package let member: Member
    /// nil if it was not known before.
    package let earlier: MemberState?
    /// The duration of the earlier state, by this node's clock.
    package let earlierLasted: Duration?
    package let earlierIncarnation: Incarnation?
    /// The differences of an update; empty for other kinds.
    package let differences: [Difference]
    /// Number of members alive after the change.
    package let aliveCount: Int
    package let at: WallClock
    /// Whether it is part of a snapshot, which shows states and not changes.
    package let isSnapshot: Bool

    /// `iridium.event/1`; nil for a kind that has no event there.
    package func json(observer: String) -> JSON? {
        guard kind != .removed else { return nil }
        let why: JSON =
            member.reason.map { reason in
                [
                    "accusers": .array(reason.accusers.map { .string($0.text) }),
                    "text": .string(reason.text),
                    "tried": .array(reason.tried.map { .string($0.rawValue) }),
                    "last_heard_ms": reason.lastHeard.map { JSON(milliseconds: $0) } ?? .null,
                    "own_health": JSON(reason.ownHealth),
                    "process_gone": .bool(reason.isProcessGone),
                ]
            } ?? .null
        return [
            "schema": "iridium.event/1",
            "at": .string(at.rfc3339),
            "event": .string(kind.rawValue),
            "member": .string(member.name.text),
            "observer": .string(observer),
            "id": .string(member.id.description),
            "address": .string(member.endpoint.description),
            "incarnation": JSON(member.incarnation.number),
            "state": .string(member.state.rawValue),
            "why": why,
            "snapshot": .bool(isSnapshot),
            "metadata": JSON(MetadataText.text(member.metadata)),
            "metadata_hex": JSON(MetadataText.digits(member.metadata)),
            "boot": .string(hexadecimal(member.boot, digits: 16)),
            "changed": .array(differences.map { .string($0.word) }),
            "tags": MetadataText.tags(member.metadata),
        ]
    }

    /// A line of `iridium monitor`; nil if no state changed and there is nothing to show.
    package var monitorLine: MonitorLine {
        MonitorLine(
            time: at.localRFC3339, member: member.name.text, from: earlier,
            to: member.state, reason: reasonInWords,
            falseSuspicionLasted: kind == .recovered && earlier == .suspect ? earlierLasted : nil)
    }

    /// The line above the prompt.
    package var eventLine: EventLine {
        let change: EventLine.Change =
            switch kind {
            case .joined: .joined(from: member.endpoint)
            case .suspected: .suspected(by: member.reason?.accusers.map(\.text) ?? [])
            case .recovered: .recovered
            case .failed: .failed
            case .left: .left
            case .restarted: .restarted
            case .updated: .updated(differencesInWords)
            case .removed: .removed
            }
        return EventLine(
            time: at.timeOfDay, member: member.name.text, change: change, aliveCount: aliveCount,
            reason: member.reason?.text)
    }

    private var differencesInWords: String {
        differences.isEmpty
            ? "stated its record again" : differences.map(\.sentence).joined(separator: "; ")
    }

    private var reasonInWords: String {
        if let text = member.reason?.text, !text.isEmpty { return text }
        switch kind {
        case .joined: return "from \(member.endpoint)"
        case .suspected: return "no answer"
        case .recovered:
            guard let earlierIncarnation, earlierIncarnation < member.incarnation else {
                return "answered"
            }
            return
                "refuted the suspicion, incarnation \(earlierIncarnation) → \(member.incarnation)"
        case .failed: return "no answer until the deadline"
        case .left: return "said goodbye"
        case .restarted:
            return "restarted, incarnation "
                + (earlierIncarnation.map { "\($0) → " } ?? "") + "\(member.incarnation)"
        case .updated: return differencesInWords
        case .removed: return "forgotten"
        }
    }
}

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

    /// The names of all members, sorted.
    package var names: [String] { known.values.map(\.name).sorted().map(\.text) }

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
