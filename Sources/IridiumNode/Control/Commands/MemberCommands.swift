package import IridiumJSON
import IridiumShell
package import Membership

/// Requests that read the members or their tombstones.
extension ControlRequest {
    package static let members = ControlRequest("members")
    package static let status = ControlRequest("status")

    /// All members, then every change until the client closes the connection, or until a condition is met.
    package static func monitor(until condition: MonitorCondition? = nil) -> ControlRequest {
        ControlRequest("monitor", [.init("until", JSON(condition?.text))])
    }

    /// Waits until this many members are alive in one view; with tags, until this many have all of
    /// them.
    package static func wait(
        members: Int, tags: Tags = Tags(), timeout: Duration
    ) -> ControlRequest {
        ControlRequest(
            "wait",
            [
                .init("members", JSON(members)), .init("tags", tags.json),
                .init("timeout_ms", JSON(milliseconds: timeout)),
            ])
    }

    /// A member by its name.
    package static func check(_ member: String) -> ControlRequest {
        ControlRequest("check", [.init("member", .string(member))])
    }

    /// Tests the address for an Iridium node.
    package static func check(at address: HostAndPort) -> ControlRequest {
        ControlRequest("check", [.init("address", .string(address.description))])
    }
}

extension ControlCommand {
    static let memberCommands = [
        ControlCommand("members") { (node, reply) async throws(IridiumError) in
            guard let listing = await node.memberListing() else {
                throw .clusterOff(command: "iridium members")
            }
            let cluster = node.settings.clusterName
            await reply.send(listing.json(cluster: cluster, node: node.name))
        },
        ControlCommand("status") { (node, reply) async throws(IridiumError) in
            await reply.send(await node.statusJSON())
        },
        ControlCommand("monitor") { request throws(ControlRequest.Malformed) in
            var condition: MonitorCondition?
            if let text = request["until"]?.text {
                condition = MonitorCondition(text)
                guard condition != nil else { throw .init(reason: "until is no condition") }
            }
            return { [condition] (node, reply) async throws(IridiumError) in
                await node.monitor(
                    try await node.clusterOrOff("iridium monitor"), until: condition, reply)
            }
        },
        ControlCommand("wait") { request throws(ControlRequest.Malformed) in
            guard let members = request["members"]?.integer, (1...1_000_000).contains(members),
                let milliseconds = request["timeout_ms"]?.integer, milliseconds >= 0,
                .milliseconds(milliseconds) <= ControlRequest.longestTimeout
            else { throw .init(reason: "wait needs members and timeout_ms") }
            let tags = try tags(in: request, "tags")
            return { (node, reply) async throws(IridiumError) in
                try await node.wait(
                    for: Int(members), tags, timeout: .milliseconds(milliseconds),
                    try await node.clusterOrOff("iridium wait"), reply)
            }
        },
        ControlCommand("check") { request throws(ControlRequest.Malformed) in
            let target: CheckTarget
            if let text = request["address"]?.text,
                let place = try? HostAndPort(parsing: text)
            {
                target = .address(
                    HostAndPort(host: place.host, port: place.port ?? NodeSettings.usualPort))
            } else {
                target = .member(try member(in: request))
            }
            return { (node, reply) async throws(IridiumError) in
                await reply.send(try await node.check(target).json)
            }
        },
    ]
}

extension Node {
    fileprivate func monitor(
        _ cluster: Cluster, until condition: MonitorCondition?, _ reply: ControlReply
    ) async {
        var follower = ChangeFollower()
        var width = 2
        for await event in cluster.events {
            if let message = follower.message(in: event) {
                let line = message.monitorText(nameWidth: width)
                guard await reply.send(message.json(observer: name, line: line)) else { return }
            }
            for change in follower.changes(in: event) {
                guard let json = change.json(observer: name) else { continue }
                width = max(width, change.member.name.text.utf8.count)
                guard await reply.send(change.withText(json, nameWidth: width)) else { return }
            }
            // After the whole event: a snapshot is several changes.
            if let condition, condition.isMet(by: follower.states) {
                await reply.send([
                    "schema": "iridium.until/1", "node": .string(name),
                    "condition": .string(condition.text),
                ])
                return
            }
        }
    }

    fileprivate func wait(
        for members: Int, _ tags: Tags, timeout: Duration, _ cluster: Cluster,
        _ reply: ControlReply
    ) async throws(IridiumError) {
        let begun = ContinuousClock.now
        let alive: @Sendable (ClusterView) -> Int = { view in
            view.members.count { member in
                guard member.state == .alive else { return false }
                return tags.count == 0 || member.tags?.contains(tags) == true
            }
        }
        do throws(ClusterError) {
            let view = try await cluster.waitUntil(within: timeout) { view in
                alive(view) >= members && view.isAgreed
            }
            await reply.send([
                "schema": "iridium.wait/1", "node": .string(name), "members": JSON(alive(view)),
                "view": .string(await cluster.status().viewHash),
                "waited_ms": JSON(milliseconds: ContinuousClock.now - begun),
            ])
        } catch {
            guard case .timedOut(let view) = error else { throw words(for: error) }
            let count = alive(view)
            let found =
                "\(count) \(count == 1 ? "is" : "are")"
                + (view.isAgreed ? "" : ", and views differ")
            let which = tags.count == 0 ? "" : " with \(tags)"
            throw .timedOut(
                waitedFor: Layout.count(members, "member", "members")
                    + "\(which) alive in one view", after: timeout,
                found: found)
        }
    }

    /// `iridium.status/1`; while the cluster is off, the facts that are known without it.
    package func statusJSON() async -> JSON {
        let status = await runningCluster?.status()
        let me = status?.localMember
        let traffic = status?.traffic
        return [
            "schema": "iridium.status/1",
            "node": .string(name),
            "id": JSON(me?.id.description),
            "version": .string(IridiumVersion.text),
            "pid": JSON(SystemCall.processID),
            "cluster": JSON(status?.clusterName),
            "address": JSON(me?.endpoint.description),
            "key": JSON(status?.keyFingerprint),
            "incarnation": me.map { JSON($0.incarnation.number) } ?? .null,
            "boot": JSON(me.map { hexadecimal($0.boot, digits: 16) }),
            "protocols": me.map {
                .array([
                    JSON($0.protocolVersions.lowerBound), JSON($0.protocolVersions.upperBound),
                ])
            } ?? .null,
            "profile": .string(settings.profile.rawValue),
            "tolerance_ms": settings.tolerance.map { JSON(milliseconds: $0) } ?? .null,
            "uptime_ms": JSON(milliseconds: ContinuousClock.now - startedAt),
            "members": MemberListing.counts(of: runningCluster?.members.map(\.state) ?? []),
            "view": JSON(status?.viewHash),
            "agree": JSON(status.map { $0.agreeing + 1 } ?? 0),
            "health": JSON(status?.health ?? 0),
            "traffic": [
                "datagrams_in": JSON(traffic?.datagramsIn ?? 0),
                "datagrams_out": JSON(traffic?.datagramsOut ?? 0),
                "bytes_in": JSON(traffic?.bytesIn ?? 0),
                "bytes_out": JSON(traffic?.bytesOut ?? 0),
            ],
            "lifelines": [
                "on": .bool(status?.lifelines.isOn ?? false),
                "held": JSON(status?.lifelines.held ?? 0),
                "watched_by": JSON(status?.lifelines.watchedBy ?? 0),
                "lost": JSON(status?.lifelines.lost ?? 0),
                "false_alarms": JSON(status?.lifelines.falseAlarms ?? 0),
                "gone": JSON(status?.lifelines.gone ?? 0),
            ],
            "states": [
                "members": JSON(status?.states.members ?? 0),
                "bytes": JSON(status?.states.bytes ?? 0),
                "without_values": JSON(status?.states.withoutValues ?? 0),
                "agree": JSON(status?.states.agreeing ?? 0),
                "heard_from": JSON(status?.states.heardFrom ?? 0),
            ],
            "refused": .object(
                (status?.refused ?? []).map { JSON.Field($0.reason, JSON($0.count)) }),
            "seeds": .array(
                (status?.seeds ?? []).map { seed in
                    [
                        "provider": .string(seed.provider),
                        "addresses": .array(seed.addresses.map { .string("\($0)") }),
                        "age_ms": seed.age.map { JSON(milliseconds: $0) } ?? .null,
                        "failure": JSON(seed.failure),
                    ]
                }),
        ]
    }
}

extension ChangeOfMember {
    /// The event with its line for people, so that a client needs no texts.
    fileprivate func withText(_ json: JSON, nameWidth: Int) -> JSON {
        guard case .object(let fields) = json else { return json }
        let line = monitorLine.text(nameWidth: nameWidth)
        return .object(fields + [JSON.Field("line", .string(line))])
    }
}
