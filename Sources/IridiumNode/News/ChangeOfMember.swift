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
