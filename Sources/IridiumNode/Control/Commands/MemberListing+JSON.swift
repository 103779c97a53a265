package import IridiumJSON
package import IridiumShell
import MembershipWire

/// `iridium.members/1`, written by the node and read by the command. The schemas are a promise:
/// keys may be added, and no key is removed. Specs/Shell.md.
extension MemberListing {
    package func json(cluster: String, node: String) -> JSON {
        [
            "schema": "iridium.members/1",
            "node": .string(node),
            "cluster": .string(cluster),
            "members": .array(rows.map(\.json)),
            "counts": Self.counts(of: rows.map(\.state)),
            "view": JSON(view?.digest),
            "agreement": [
                "agreeing": JSON(view?.agreeing ?? 0), "of": JSON(view?.total ?? 0),
                "silent": .array(
                    (view?.silent ?? []).map {
                        ["name": .string($0.name), "for_ms": JSON(milliseconds: $0.since)]
                    }),
            ],
        ]
    }

    /// The number of members in each state. Every state is named.
    static func counts(of states: [MemberState]) -> JSON {
        .object(
            MemberState.allCases.map { state in
                JSON.Field(state.rawValue, JSON(states.count { $0 == state }))
            })
    }

    /// nil if something is missing.
    package init?(_ json: JSON) {
        guard let members = json["members"]?.elements else { return nil }
        let rows = members.compactMap { MemberRow($0) }
        guard rows.count == members.count else { return nil }
        var view: ViewAgreement?
        if let digest = json["view"]?.text, let agreement = json["agreement"],
            let agreeing = agreement["agreeing"]?.integer, let total = agreement["of"]?.integer
        {
            let silent = (agreement["silent"]?.elements ?? []).compactMap { entry in
                entry["name"]?.text.map {
                    ViewAgreement.Silent(
                        name: $0, since: .milliseconds(entry["for_ms"]?.integer ?? 0))
                }
            }
            view = ViewAgreement(
                digest: digest, agreeing: Int(agreeing), total: Int(total), silent: silent)
        }
        self.init(rows: rows, view: view)
    }
}

extension MemberRow {
    package var json: JSON {
        let note = MemberTableText.note(self)
        let why: JSON? = reason.map {
            [
                "accusers": .array(accusers.map { .string($0) }), "text": .string($0),
                "dead_in_ms": deadIn.map { JSON(milliseconds: $0) } ?? .null,
                "process_gone": .bool(isProcessGone),
            ]
        }
        return [
            "name": .string(name),
            "stated_name": .string(statedName ?? name),
            "id": .string(id),
            "state": .string(state.rawValue),
            "address": .string(address.description),
            "rtt_ms": roundTripTime.map { .number($0.fractionalMilliseconds) } ?? .null,
            "incarnation": JSON(incarnation),
            "for_ms": JSON(milliseconds: timeInState),
            "self": .bool(isSelf),
            "note": note.isEmpty ? .null : .string(note),
            "metadata": JSON(MetadataText.text(metadata)),
            "metadata_hex": JSON(MetadataText.digits(metadata)),
            "tags": MetadataText.tags(metadata),
            "why": why ?? .null,
            "boot": .string(boot),
            "protocols": protocols.map {
                .array([JSON($0.lowerBound), JSON($0.upperBound)])
            } ?? .null,
        ]
    }

    init?(_ json: JSON) {
        guard let name = json["name"]?.text,
            let state = json["state"]?.text.flatMap(MemberState.init(rawValue:)),
            let address = json["address"]?.text.flatMap({ Endpoint($0) }),
            let incarnation = json["incarnation"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let milliseconds = json["for_ms"]?.integer
        else { return nil }
        let stated = json["stated_name"]?.text
        self.init(
            name: name, statedName: stated == name ? nil : stated, id: json["id"]?.text ?? "-",
            boot: json["boot"]?.text ?? "-", protocols: Self.protocols(json["protocols"]),
            state: state, address: address, isSelf: json["self"]?.boolean ?? false,
            roundTripTime: json["rtt_ms"]?.double.map { .microseconds(Int64($0 * 1_000)) },
            incarnation: incarnation, timeInState: .milliseconds(milliseconds),
            metadata: json["metadata"]?.text.map { Array($0.utf8) }
                ?? json["metadata_hex"]?.text.flatMap(Hexadecimal.bytes) ?? [],
            reason: json["why"]?["text"]?.text,
            accusers: (json["why"]?["accusers"]?.elements ?? []).compactMap(\.text),
            deadIn: json["why"]?["dead_in_ms"]?.integer.map { .milliseconds($0) },
            isProcessGone: json["why"]?["process_gone"]?.boolean ?? false)
    }

    private static func protocols(_ json: JSON?) -> ClosedRange<UInt8>? {
        let bounds = (json?.elements ?? []).compactMap { $0.integer.flatMap { UInt8(exactly: $0) } }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        return bounds[0]...bounds[1]
    }
}

/// `iridium.netcheck/1`, written by the node and read by the command.
extension ReachabilityReport {
    package var json: JSON {
        [
            "schema": "iridium.netcheck/1",
            "target": .string(target),
            "steps": .array(
                steps.map { step in
                    [
                        "name": .string(step.name), "result": .string(step.result.rawValue),
                        "text": .string(step.text),
                    ]
                }),
            "code": JSON(problem?.code.text),
            "exit": problem?.exit.map { JSON($0.rawValue) } ?? .null,
            "problem": JSON(problem?.text),
        ]
    }

    package init(_ json: JSON) {
        let steps = (json["steps"]?.elements ?? []).map { step in
            Step(
                name: step["name"]?.text ?? "?",
                result: step["result"]?.text.flatMap(Step.Result.init(rawValue:)) ?? .skipped,
                text: step["text"]?.text ?? "")
        }
        self.init(target: json["target"]?.text ?? "?", steps: steps)
    }
}
