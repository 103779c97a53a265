import IridiumShell
import Membership

/// `iridium keys list` and `iridium keys rotate`: the answers of a node. Keys are named by their
/// fingerprints; a key itself is in no answer.
extension Node {
    func listKeys(_ cluster: Cluster, _ reply: ControlReply) async throws(IridiumError) {
        guard let keyring = await cluster.keyring() else {
            throw .clusterOff(command: "iridium keys list")
        }
        let status = await cluster.status()
        await reply.send(ControlAnswers.keys(keyring, cluster: status.clusterName, node: name))
    }

    /// Sends a line for every step and one for the end. A client that hangs up stops the rotation where
    /// it is; the next one goes on from there.
    func rotateKeys(
        _ order: ControlRequest.Rotation, _ cluster: Cluster, _ reply: ControlReply
    ) async throws(IridiumError) {
        var absent: [NodeAlias] = []
        for name in order.without {
            guard let alias = try? NodeAlias(parsing: name) else {
                throw .noSuchMember(name, suggestion: nil)
            }
            absent.append(alias)
        }
        let (steps, continuation) = AsyncStream.makeStream(of: KeyRotationProgress.self)
        let node = name
        // The lines go out one after the other, whichever thread a step was told on.
        let writing = Task {
            for await step in steps {
                guard await reply.send(ControlAnswers.rotating(step, node: node)) else { return }
            }
        }
        do throws(KeyRotationError) {
            let report = try await cluster.rotateKeys(
                grace: order.grace, without: absent, patience: order.patience
            ) { continuation.yield($0) }
            continuation.finish()
            await writing.value
            await reply.send(ControlAnswers.rotated(report, node: node))
        } catch {
            continuation.finish()
            await writing.value
            throw error.words(members: cluster.members)
        }
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
                path: path, reason: reason, purpose: "the cluster keys live there",
                option: "make it writable for this node, then iridium keys rotate again")
        case .cancelled(let stage): .rotationStopped(step: stage.step, refusals: [])
        case .versionsExhausted: .agentFailed("the versions of keys are used up")
        }
    }
}

extension KeyringStatus.Stage {
    /// What a rotation does in this stage, as one word.
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
        case .unreachable(let errno): SystemCall.text(of: errno)
        case .cannotKeep: "it cannot write its key file; its log says why"
        case .declined: "it holds other keys"
        case .unknownKey: "it does not have our key"
        case .busy: "it is busy"
        case .leaving: "it is leaving"
        case .brokeOff: "it hung up"
        }
    }
}

extension ControlAnswers {
    /// `iridium.keys/1`.
    static func keys(_ keyring: KeyringStatus, cluster: String, node: String) -> JSON {
        [
            "schema": "iridium.keys/1",
            "node": .string(node),
            "cluster": .string(cluster),
            "version": JSON(keyring.version),
            "stage": .string(keyring.stage.rawValue),
            "hash": .string(keyring.hash),
            "keys": .array(keyring.keys.map(key)),
            "author": JSON(keyring.author?.description),
            "file": JSON(keyring.path),
            "rotating": .bool(keyring.isRotating),
            "members": .array(
                keyring.members.map { member in
                    [
                        "name": .string(member.name.text), "id": .string(member.id.description),
                        "hash": JSON(member.hash),
                    ]
                }),
        ]
    }

    private static func key(_ key: KeyringStatus.Key) -> JSON {
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

    /// A step: `iridium.keys-step/1`.
    static func rotating(_ step: KeyRotationProgress, node: String) -> JSON {
        [
            "schema": "iridium.keys-step/1",
            "node": .string(node),
            "step": .string(step.stage.step),
            "version": JSON(step.version),
            "key": .string(step.fingerprint),
            "confirmed": JSON(step.confirmed),
            "members": JSON(step.members),
            "by": JSON(step.by?.text),
        ]
    }

    /// The end: `iridium.keys-rotate/1`.
    static func rotated(_ report: KeyRotationReport, node: String) -> JSON {
        [
            "schema": "iridium.keys-rotate/1",
            "node": .string(node),
            "version": JSON(report.version),
            "key": .string(report.fingerprint),
            "resumed": .bool(report.wasResumed),
            "confirmed": .array(report.confirmed.map { .string($0.text) }),
            "in_memory_only": .array(report.inMemoryOnly.map { .string($0.text) }),
            "old_key_until": JSON(
                report.oldKeyUntil.map { WallClock(unixSeconds: $0).rfc3339 }),
        ]
    }
}
