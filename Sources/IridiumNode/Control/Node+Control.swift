package import IridiumShell
import Membership

/// A node answers what comes through its control socket.
extension Node {
    /// How often `wait` looks.
    private static let waitStep = Duration.milliseconds(25)

    /// Opens the control socket in the run directory.
    package func startControl() async throws(IridiumError) -> ControlServer {
        let directory = settings.directory
        do throws(DataDirectory.Unusable) {
            try directory.prepare(for: name)
        } catch {
            switch error {
            case .failed(let path, let failure):
                throw .cannotWrite(
                    path: path, reason: failure.description,
                    purpose: "node id and incarnation live there")
            case .exposed(let path, let owner, let mode):
                throw .directoryExposed(
                    path: path, owner: owner, mode: mode, user: SystemCall.userID)
            }
        }
        let path = directory.socketPath(of: name)
        do throws(ControlServer.Failure) {
            return try await ControlServer.start(at: path, on: eventLoops) { request, reply in
                await self.serve(request, reply)
            }
        } catch {
            switch error {
            case .nameInUse:
                throw .nameLocked(
                    name, path: path, dataRoot: directory.givenRoot)
            case .pathTooLong(let bytes):
                let limit = ControlServer.longestPath
                throw .cannotWrite(
                    path: path, reason: "\(bytes) bytes; a socket's path has at most \(limit)",
                    purpose: "the control socket lives there")
            case .system(let errno):
                throw .cannotWrite(
                    path: path, reason: SystemCall.text(of: errno),
                    purpose: "the control socket lives there")
            }
        }
    }

    private func serve(_ request: ControlRequest, _ reply: ControlReply) async {
        do throws(IridiumError) {
            try await answer(request, reply)
        } catch {
            await reply.send(line: ControlAnswers.error(error))
        }
    }

    private func answer(
        _ request: ControlRequest, _ reply: ControlReply
    ) async throws(IridiumError) {
        switch request {
        case .members:
            let cluster = try clusterOrOff("iridium members")
            let members = await cluster.freshMembers()
            await reply.send(
                ControlAnswers.members(members, status: await cluster.status(), node: name))
        case .status:
            var known: (status: ClusterStatus, members: [Member])?
            if let cluster = runningCluster { known = (await cluster.status(), cluster.members) }
            let uptime = ContinuousClock.now - startedAt
            await reply.send(ControlAnswers.status(known, node: name, uptime: uptime))
        case .join(let seed):
            let outcome = try await joinCluster(
                HostAndPort(host: seed.host, port: seed.port ?? NodeSettings.usualPort))
            await reply.send(ControlAnswers.joined(outcome, node: name))
        case .leave:
            guard let told = await leaveCluster() else {
                throw .clusterOff(command: "iridium leave")
            }
            await reply.send([
                "schema": "iridium.leave/1", "node": .string(name), "told": JSON(told),
            ])
        case .monitor: await monitor(try clusterOrOff("iridium monitor"), reply)
        case .wait(let members, let timeout):
            try await wait(
                for: members, timeout: timeout, try clusterOrOff("iridium wait"), reply)
        case .forget(let member): try await forget(member, reply)
        case .check(let member): try await check(member, reply)
        case .metadata(let text): try await describe(text, reply)
        case .keys: try await listKeys(clusterOrOff("iridium keys list"), reply)
        case .rotateKeys(let order):
            try await rotateKeys(order, clusterOrOff("iridium keys rotate"), reply)
        case .send(let type, let payload):
            _ = try clusterOrOff("iridium send")
            let told = try await send(payload, type: type)
            await reply.send([
                "schema": "iridium.send/1", "node": .string(name), "type": JSON(type),
                "bytes": JSON(payload.count), "members": JSON(told),
            ])
        }
    }

    private func clusterOrOff(_ command: String) throws(IridiumError) -> Cluster {
        guard let cluster = runningCluster else { throw .clusterOff(command: command) }
        return cluster
    }

    private func monitor(_ cluster: Cluster, _ reply: ControlReply) async {
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
        }
    }

    private func wait(
        for members: Int, timeout: Duration, _ cluster: Cluster, _ reply: ControlReply
    ) async throws(IridiumError) {
        let begun = ContinuousClock.now
        var alive = 0
        var isAgreed = false
        repeat {
            let status = await cluster.status()
            alive = status.counts[.alive] ?? 0
            isAgreed = status.agreeing >= status.heardFrom && (alive <= 1 || status.heardFrom > 0)
            if alive >= members, isAgreed {
                await reply.send([
                    "schema": "iridium.wait/1", "node": .string(name), "members": JSON(alive),
                    "view": .string(status.viewHash),
                    "waited_ms": JSON(milliseconds: ContinuousClock.now - begun),
                ])
                return
            }
            try? await Task.sleep(for: Self.waitStep)
        } while !Task.isCancelled && ContinuousClock.now - begun < timeout
        let found = "\(alive) \(alive == 1 ? "is" : "are")" + (isAgreed ? "" : ", and views differ")
        throw .timedOut(
            waitedFor: "\(members) members alive in one view", after: timeout, found: found)
    }

    private func forget(_ name: String, _ reply: ControlReply) async throws(IridiumError) {
        let cluster = try clusterOrOff("iridium forget")
        let members = cluster.members.filter { member in
            member.name.text.utf8.elementsEqual(name.utf8) || member.id.description == name
        }
        // Of several of one name the one that is gone is meant.
        guard let member = members.first(where: { $0.state == .dead || $0.state == .left }) else {
            guard let living = members.first else { throw .noSuchMember(name, suggestion: nil) }
            throw .agentFailed(
                "\(name) is \(living.state.rawValue); only the dead can be forgotten")
        }
        guard await cluster.forget(member.id) else { throw .noSuchMember(name, suggestion: nil) }
        await reply.send([
            "schema": "iridium.forget/1", "node": .string(self.name), "member": .string(name),
            "id": .string(member.id.description),
        ])
    }

    private func describe(_ text: String, _ reply: ControlReply) async throws(IridiumError) {
        let cluster = try clusterOrOff("iridium metadata")
        let bytes = Array(text.utf8)
        do throws(ClusterError) {
            try await cluster.setMetadata(bytes)
        } catch {
            switch error {
            case .metadataTooLong(let bytes): throw .metadataTooLong(bytes: bytes)
            default: throw .clusterOff(command: "iridium metadata")
            }
        }
        await reply.send([
            "schema": "iridium.metadata/1", "node": .string(name), "bytes": JSON(bytes.count),
        ])
    }

    private func check(_ member: String, _ reply: ControlReply) async throws(IridiumError) {
        switch await answer(.check(.member(member)), programs: { _ in }) {
        case .reachability(let report): await reply.send(report.json)
        case .failed(let error): throw error
        default: throw .agentFailed("\(member) cannot be checked")
        }
    }
}

extension ChangeOfMember {
    /// The event with the line that people are shown, so that a client needs no words of its own.
    fileprivate func withText(_ json: JSON, nameWidth: Int) -> JSON {
        guard case .object(let fields) = json else { return json }
        let line = monitorLine.text(nameWidth: nameWidth)
        return .object(fields + [JSON.Field("line", .string(line))])
    }
}

extension ReachabilityReport {
    /// `iridium.netcheck/1`.
    package var json: JSON {
        [
            "schema": "iridium.netcheck/1",
            "target": .string(target),
            "steps": .array(
                steps.map { step in
                    let result: JSON =
                        switch step.result {
                        case .passed: "passed"
                        case .failed: "failed"
                        case .skipped: "skipped"
                        }
                    return [
                        "name": .string(step.name), "result": result, "text": .string(step.text),
                    ]
                }),
            "code": JSON(problem?.code.text),
        ]
    }
}
