package import IridiumShell
package import Membership

/// The lines that a node answers with, as JSON. The schemas are a promise: keys are added to them,
/// none is taken away. Specs/Shell.md.
package enum ControlAnswers {
    /// `iridium.members/1`.
    package static func members(
        _ members: [Member], status: ClusterStatus, node: String
    ) -> JSON {
        let listing = ViewAgreement(status: status, members: members)
        return [
            "schema": "iridium.members/1",
            "node": .string(node),
            "cluster": .string(status.clusterName),
            "members": .array(members.map(member)),
            "counts": counts(of: members.map(\.state)),
            "view": .string(status.viewHash),
            "agreement": [
                "agreeing": JSON(listing.agreeing), "of": JSON(listing.total),
                "silent": .array(
                    listing.silent.map {
                        ["name": .string($0.name), "for_ms": JSON(milliseconds: $0.since)]
                    }),
            ],
        ]
    }

    private static func member(_ member: Member) -> JSON {
        let note = MemberTable.note(MemberRow(member))
        let suspicion: JSON? = member.reason.map { reason in
            [
                "accusers": .array(reason.accusers.map { .string($0.text) }),
                "text": .string(reason.text),
                "dead_in_ms": reason.deadIn.map { JSON(milliseconds: $0) } ?? .null,
            ]
        }
        return [
            "name": .string(member.name.text),
            "stated_name": .string(member.statedName.text),
            "id": .string(member.id.description),
            "state": .string(member.state.rawValue),
            "address": .string(member.endpoint.description),
            "rtt_ms": member.roundTripTime.map { .number($0.fractionalMilliseconds) } ?? .null,
            "incarnation": JSON(member.incarnation.number),
            "for_ms": JSON(milliseconds: member.timeInState),
            "self": .bool(member.isSelf),
            "note": note.isEmpty ? .null : .string(note),
            "metadata": JSON(member.metadataText),
            "metadata_hex": JSON(member.metadataHexadecimal),
            "why": suspicion ?? .null,
        ]
    }

    /// How many are in each state, every state named.
    package static func counts(of states: [MemberState]) -> JSON {
        .object(
            MemberState.allCases.map { state in
                JSON.Field(state.rawValue, JSON(states.count { $0 == state }))
            })
    }

    /// `iridium.status/1`. `cluster` is nil while it is off.
    package static func status(
        _ cluster: (status: ClusterStatus, members: [Member])?, node: String, uptime: Duration
    ) -> JSON {
        let status = cluster?.status
        let me = status?.localMember
        let traffic = status?.traffic
        return [
            "schema": "iridium.status/1",
            "node": .string(node),
            "id": JSON(me?.id.description),
            "version": .string(IridiumVersion.text),
            "pid": JSON(SystemCall.processID),
            "cluster": JSON(status?.clusterName),
            "address": JSON(me?.endpoint.description),
            "key": JSON(status?.keyFingerprint),
            "uptime_ms": JSON(milliseconds: uptime),
            "members": counts(of: cluster?.members.map(\.state) ?? []),
            "view": JSON(status?.viewHash),
            "agree": JSON(status.map { $0.agreeing + 1 } ?? 0),
            "health": JSON(status?.health ?? 0),
            "traffic": [
                "datagrams_in": JSON(traffic?.datagramsIn ?? 0),
                "datagrams_out": JSON(traffic?.datagramsOut ?? 0),
                "bytes_in": JSON(traffic?.bytesIn ?? 0),
                "bytes_out": JSON(traffic?.bytesOut ?? 0),
            ],
            "refused": .object(
                (status?.refused ?? []).map { JSON.Field($0.reason, JSON($0.count)) }),
        ]
    }

    /// `iridium.join/1`.
    package static func joined(_ outcome: Node.JoinOutcome, node: String) -> JSON {
        [
            "schema": "iridium.join/1",
            "node": .string(node),
            "seed": .string(outcome.report.seed),
            "members": JSON(outcome.report.members),
            "converged_ms": outcome.report.viewsAgree
                ? JSON(milliseconds: outcome.report.converged) : .null,
            "udp": .bool(outcome.report.udpWorks),
            "received": JSON(outcome.report.membersReceived),
            "alive": .array(outcome.joined.aliveNames.map { .string($0) }),
            "cluster": .string(outcome.joined.clusterName),
            "started_on": JSON(outcome.joined.startedFirst?.address.description),
            "taken_port": outcome.joined.startedFirst?.takenPort.map { JSON($0) } ?? .null,
        ]
    }

    /// `iridium.error/1`, from the catalogue.
    package static func error(_ error: IridiumError) -> String { error.json }

    /// A request that is none.
    static func malformed(_ reason: String) -> String {
        error(.agentFailed("the request cannot be read: \(reason)"))
    }
}
