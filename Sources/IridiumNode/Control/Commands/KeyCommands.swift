import IridiumJSON
import IridiumShell
import Membership
import SystemPackage

/// `iridium keys list` and `iridium keys rotate`. Keys are named by their fingerprints; no answer
/// contains a key.
extension ControlRequest {
    /// The cluster keys of the node.
    package static let keys = ControlRequest("keys")

    /// Replaces the cluster key on all members: one line a step, then the end.
    package static func rotateKeys(_ rotation: Rotation) -> ControlRequest {
        ControlRequest(
            "rotate-keys",
            [
                .init("grace_ms", JSON(milliseconds: rotation.grace)),
                .init("without", .array(rotation.without.map { .string($0) })),
                .init("timeout_ms", JSON(milliseconds: rotation.patience)),
            ])
    }

    /// The options of a rotation.
    package struct Rotation: Sendable {
        /// More names than any user types.
        package static let mostAbsent = 32

        /// The time during which the old key lets members fetch the new one.
        package var grace: Duration
        /// Names of members that the rotation does not wait for.
        package var without: [String]
        /// The time that a step waits for members that do not confirm.
        package var patience: Duration

        package init(grace: Duration, without: [String], patience: Duration) {
            self.grace = grace
            self.without = without
            self.patience = patience
        }
    }
}

extension ControlCommand {
    static let keyCommands = [
        ControlCommand("keys") { (node, reply) async throws(IridiumError) in
            let cluster = try await node.clusterOrOff("iridium keys list")
            guard let keyring = await cluster.keyring() else {
                throw .clusterOff(command: "iridium keys list")
            }
            let name = await cluster.status().clusterName
            await reply.send(keyring.json(cluster: name, node: node.name))
        },
        ControlCommand("rotate-keys") { request throws(ControlRequest.Malformed) in
            let rotation = try ControlRequest.Rotation(request)
            return { (node, reply) async throws(IridiumError) in
                let cluster = try await node.clusterOrOff("iridium keys rotate")
                try await rotateKeys(rotation, cluster, of: node, reply)
            }
        },
    ]

    /// Sends one line for every step and one for the end. A client that goes away stops the rotation
    /// at its current step; the next rotation continues from there.
    private static func rotateKeys(
        _ order: ControlRequest.Rotation, _ cluster: Cluster, of node: Node, _ reply: ControlReply
    ) async throws(IridiumError) {
        var absent: [NodeAlias] = []
        for name in order.without {
            guard let alias = try? NodeAlias(parsing: name) else {
                throw .noSuchMember(name, suggestion: nil)
            }
            guard alias != cluster.localMember.name else {
                throw .badValue(
                    option: "--without", value: name,
                    expected: "another member; this node takes part in its own rotation")
            }
            absent.append(alias)
        }
        let (steps, continuation) = AsyncStream.makeStream(of: KeyRotationProgress.self)
        // The lines are sent one after the other, whichever thread reported a step.
        let writing = Task {
            for await step in steps {
                guard await reply.send(step.json(node: node.name)) else { return }
            }
        }
        do throws(KeyRotationError) {
            let report = try await cluster.rotateKeys(
                grace: order.grace, without: absent, patience: order.patience
            ) { continuation.yield($0) }
            continuation.finish()
            await writing.value
            await reply.send(report.json(node: node.name))
        } catch {
            continuation.finish()
            await writing.value
            throw error.words(members: cluster.members)
        }
    }
}

extension ControlRequest.Rotation {
    fileprivate init(_ json: JSON) throws(ControlRequest.Malformed) {
        guard let grace = json["grace_ms"]?.integer, grace >= 0,
            let patience = json["timeout_ms"]?.integer, patience >= 0,
            .milliseconds(patience) <= ControlRequest.longestTimeout
        else { throw .init(reason: "rotate-keys needs grace_ms and timeout_ms") }
        let without = json["without"]?.elements ?? []
        let names = without.compactMap(\.text)
        guard names.count == without.count, names.count <= Self.mostAbsent else {
            throw .init(reason: "without is a list of at most \(Self.mostAbsent) names")
        }
        self.init(
            grace: .milliseconds(grace), without: names, patience: .milliseconds(patience))
    }
}

extension KeyRotationError {
    /// The message for people.
    fileprivate func words(members: [Member]) -> IridiumError {
        switch self {
        case .notRunning: .clusterOff(command: "iridium keys rotate")
        case .underWay: .rotationUnderWay(by: nil)
        case .overtaken(_, let driver):
            .rotationUnderWay(
                by: driver.map(members.nameOrShortForm) ?? "another node")
        case .graceOutOfRange(let grace):
            .badValue(
                option: "--grace", value: DurationText.elapsed(grace), expected: "0s to 30d")
        case .unknownMember(let name): .noSuchMember(name.text, suggestion: nil)
        case .notConfirmed(let stage, let refusals):
            .rotationStopped(
                step: stage.step,
                refusals: refusals.map { .init(member: $0.name.text, reason: $0.reason.text) })
        case .cannotKeep(let path, let reason):
            .cannotWrite(
                path: path, reason: reason, purpose: "the cluster keys are kept there",
                option: "make it writable for this node, then iridium keys rotate again")
        case .cancelled(let stage): .rotationStopped(step: stage.step, refusals: [])
        case .versionsExhausted:
            .refused(
                "the versions of keys are used up",
                try: "a new cluster with a new key: iridium keygen")
        }
    }
}

extension KeyringStatus.Stage {
    /// The action of a rotation in this stage, as one word.
    package var step: String {
        switch self {
        case .installed: "install"
        case .switched: "switch"
        case .settled: "retire"
        }
    }
}

extension KeyRotationError.Reason {
    /// One clause.
    fileprivate var text: String {
        switch self {
        case .connectionRefused: "nothing listens at its address"
        case .timedOut: "no answer"
        case .unreachable(let errno): Errno(rawValue: errno).text
        case .cannotKeep: "it cannot write its key file; its log says why"
        case .declined: "it holds other keys"
        case .unknownKey: "it does not have our key"
        case .busy: "it is busy"
        case .leaving: "it is leaving"
        case .brokeOff: "it closed the connection"
        }
    }
}

extension KeyringStatus {
    /// `iridium.keys/1`.
    fileprivate func json(cluster: String, node: String) -> JSON {
        [
            "schema": "iridium.keys/1",
            "node": .string(node),
            "cluster": .string(cluster),
            "version": JSON(version),
            "stage": .string(stage.rawValue),
            "hash": .string(hash),
            "keys": .array(keys.map(Self.json)),
            "author": JSON(author?.description),
            "file": JSON(path),
            "rotating": .bool(isRotating),
            "members": .array(
                members.map { member in
                    [
                        "name": .string(member.name.text), "id": .string(member.id.description),
                        "hash": JSON(member.hash),
                    ]
                }),
        ]
    }

    private static func json(_ key: Key) -> JSON {
        switch key.role {
        case .seals: ["key": .string(key.fingerprint), "role": "seals", "until": .null]
        case .accepted: ["key": .string(key.fingerprint), "role": "accepted", "until": .null]
        case .retired(let until):
            [
                "key": .string(key.fingerprint), "role": "retired",
                "until": .string(WallClock(unixSeconds: until).rfc3339),
            ]
        }
    }
}

extension KeyRotationProgress {
    /// A step: `iridium.keys-step/1`.
    fileprivate func json(node: String) -> JSON {
        [
            "schema": "iridium.keys-step/1",
            "node": .string(node),
            "step": .string(stage.step),
            "version": JSON(version),
            "key": .string(fingerprint),
            "confirmed": JSON(confirmed),
            "members": JSON(members),
            "by": JSON(by?.text),
        ]
    }
}

extension KeyRotationReport {
    /// The end: `iridium.keys-rotate/1`.
    fileprivate func json(node: String) -> JSON {
        [
            "schema": "iridium.keys-rotate/1",
            "node": .string(node),
            "version": JSON(version),
            "key": .string(fingerprint),
            "resumed": .bool(wasResumed),
            "confirmed": .array(confirmed.map { .string($0.text) }),
            "in_memory_only": .array(inMemoryOnly.map { .string($0.text) }),
            "old_key_until": JSON(
                oldKeyUntil.map { WallClock(unixSeconds: $0).rfc3339 }),
        ]
    }
}
