package import IridiumJSON
import MembershipCore
import MembershipWire

/// A run as one JSON value, in the layout of the results of real processes
/// (`scripts/harness/page/report.py`), so that `scripts/local-cluster report` draws both.
package struct RunReport {
    /// The layout's name and version.
    package static let schema = "iridium.simulated-run/1"

    private let record: RunRecord
    private let names: [String]
    private let end: WorldInstant
    private let parameters: [(label: String, text: String)]
    private let violations: [String]
    private let summary: String

    package init(
        _ record: RunRecord, of world: World, parameters: [(label: String, text: String)],
        violations: [String], summary: String
    ) {
        self.record = record
        self.parameters = parameters
        self.violations = violations
        self.summary = summary
        names = world.hosts.map(\.alias.text)
        end = world.now
    }

    package var json: JSON {
        let isGood = violations.isEmpty
        return [
            "schema": .string(Self.schema),
            "action": "simulated run",
            "nodes": JSON(names.count),
            "parameters": .object(parameters.map { JSON.Field($0.label, .string($0.text)) }),
            "passed": .bool(isGood),
            "counts": [
                "passed": JSON(isGood ? 1 : 0), "failed": JSON(violations.count),
                "skipped": .integer(0),
            ],
            "verdicts": .array(verdicts),
            "end_ms": milliseconds(end),
            "faults": .array(deeds + spans),
            "events": .array(record.events.map(json)),
            "samples": .object(names.indices.map { JSON.Field(names[$0], samples(of: $0)) }),
        ]
    }

    private var verdicts: [JSON] {
        guard !violations.isEmpty else { return [verdict("PASS", summary, complaint: nil)] }
        return violations.map { verdict("FAIL", summary, complaint: $0) }
    }

    private func verdict(_ word: String, _ outcome: String, complaint: String?) -> JSON {
        [
            "scenario": "rules", "title": "the rules that every run must keep",
            "verdict": .string(word), "outcome": .string(outcome), "took_ms": .null,
            "limit_ms": .null, "note": .null, "complaint": JSON(complaint), "blamed": .null,
            "measurements": [:],
        ]
    }

    /// The actions on a process, or by its application, at one moment.
    private var deeds: [JSON] {
        record.actions.compactMap { planned in
            guard let (host, what) = Self.deed(planned.action) else { return nil }
            return [
                "at_ms": milliseconds(planned.time), "node": .string(names[host]),
                "what": .string(what),
            ]
        }
    }

    /// The faults that lasted for a time; a fault of the whole network has no node.
    private var spans: [JSON] {
        FaultSpan.spans(of: record.actions, until: end).map { span in
            [
                "at_ms": milliseconds(span.start), "until_ms": milliseconds(span.end),
                "node": JSON(span.host.map { names[$0] }), "what": .string(span.label),
            ]
        }
    }

    private static func deed(_ action: Action) -> (host: Int, what: String)? {
        switch action {
        case .start(let host): (host, "start")
        case .restart(let host, _): (host, "start again")
        case .crash(let host), .abort(let host): (host, "kill")
        case .vanish(let host), .remove(let host): (host, "kill of its machine")
        case .leave(let host): (host, "leave")
        case .pause(let host): (host, "pause")
        case .resume(let host, _): (host, "resume")
        case .setMetadata(let host, _), .rename(let host, _), .writeState(let host, _):
            (host, "update")
        case .broadcast(let host, _, _): (host, "message")
        case .setExhausted, .starve, .leapClock, .setWallClock, .setLoss, .setHostLoss,
            .setDatagramLoss, .setLinkLoss, .setConnectionFilter, .resetStreams, .setDuplication,
            .setReordering, .setLatency, .cut, .heal, .endFaults, .setSeedName, .rotateKeys,
            .copyIdentity,
            .accuse, .accuseOfBeingGone, .join, .setUncallable, .conjure, .speakForGhosts:
            nil
        }
    }

    private func json(_ event: RunRecord.Event) -> JSON {
        [
            "at_ms": milliseconds(event.time), "observer": .string(names[event.observer]),
            "member": .string(names[event.member]), "id": .null, "event": .string(event.kind),
            "incarnation": event.incarnation.map { JSON($0) } ?? .null, "why": .null,
        ]
    }

    /// The counters so far; null before the host existed. A world has neither memory nor
    /// processors.
    private func samples(of host: Int) -> JSON {
        func series(_ value: (Traffic) -> UInt64) -> JSON {
            .array(record.sent.map { host < $0.count ? JSON(value($0[host])) : .null })
        }
        let nothing = JSON.array(record.moments.map { _ in .null })
        return [
            "at_ms": .array(record.moments.map(milliseconds)),
            "octets": series { $0.datagramBytesSent + $0.streamBytesSent },
            "datagrams": series { UInt64($0.datagramsSent) },
            "rss_kib": nothing, "cpu_ms": nothing,
        ]
    }

    private func milliseconds(_ instant: WorldInstant) -> JSON {
        .number(Double(instant.nanoseconds / 1_000) / 1_000)
    }
}
