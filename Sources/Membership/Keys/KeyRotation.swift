internal import MembershipCore
internal import MembershipSecurity
import MembershipWire

/// Drives a rotation from this node: makes the next keyset, gives it to every member, waits until
/// every member has it, and repeats that to the end.
///
/// The only state is the keyset itself, which every member holds. So if a rotation stops, for
/// whatever reason, the next request on any member continues it. Specs/Protocol.md, "Keys".
struct KeyRotation: Sendable {
    let handle: RunnerHandle
    let graceSeconds: UInt64
    let absent: [NodeAlias]
    let patience: Duration
    let progress: @Sendable (KeyRotationProgress) -> Void

    /// The number of members called at once.
    private static let callsAtOnce = 8
    private static let pauseBetweenTries: Duration = .milliseconds(250)
    /// Longest wait for the keysets of other members before the first stage, which asks them again
    /// anyway.
    private static let catchUpPatience: Duration = .seconds(1)

    func run() async throws(KeyRotationError) -> KeyRotationReport {
        try await checkAbsent()
        await catchUp()
        guard let start = await handle.get({ $0.rotationStart() }) else { throw .notRunning }
        var current = start.keyset
        if !start.isUnfinished { current = try await advance(from: current) }
        while true {
            let confirmed = try await confirm(current)
            guard current.stage != .settled else {
                return report(current, confirmed, wasResumed: start.isUnfinished)
            }
            current = try await advance(from: current)
        }
    }

    private func checkAbsent() async throws(KeyRotationError) {
        let members = await handle.get { $0.node.keyringHashes.map(\.member.alias) } ?? []
        if let unknown = absent.first(where: { !members.contains($0) }) {
            throw .unknownMember(unknown)
        }
    }

    /// Exchanges keysets with every member once: if a member is at a later stage, the rotation
    /// continues from there. The stages ask members again that do not answer.
    private func catchUp() async {
        let others = await handle.get { [absent] in $0.rotationTargets(without: absent) } ?? []
        let end = ContinuousClock.now + min(patience, Self.catchUpPatience)
        await ask(others.filter { !$0.isSelf }, until: end) { _, _ in }
    }

    /// Makes the keyset of the next stage, and stores it on this node first.
    private func advance(from current: Keyset) async throws(KeyRotationError) -> Keyset {
        let made = await handle.get { [graceSeconds] runner in
            runner.makeKeyset(after: current, grace: graceSeconds)
        }
        guard let made else { throw .notRunning }
        let next = try made.get()
        try await handle.keep(next)
        return next
    }

    private func report(
        _ keyset: Keyset, _ confirmed: Confirmations, wasResumed: Bool
    ) -> KeyRotationReport {
        KeyRotationReport(
            version: keyset.version, fingerprint: keyset.keyring.primary.fingerprint,
            wasResumed: wasResumed, confirmed: confirmed.names.values.sorted(),
            inMemoryOnly: confirmed.inMemoryOnly.compactMap { confirmed.names[$0] }.sorted(),
            oldKeyUntil: keyset.retired.map(\.until).max())
    }
}

// MARK: One stage

extension KeyRotation {
    /// The members that hold the keyset of the stage.
    struct Confirmations: Sendable {
        var names: [NodeID: NodeAlias] = [:]
        var inMemoryOnly: Set<NodeID> = []
    }

    /// Returns when every living member that is not excepted has confirmed `keyset`, including
    /// those that have joined meanwhile.
    private func confirm(_ keyset: Keyset) async throws(KeyRotationError) -> Confirmations {
        var confirmed = Confirmations()
        var isAnnounced = false
        let end = ContinuousClock.now + patience
        while true {
            let targets = try await targets(of: keyset, &confirmed)
            if !isAnnounced { tell(keyset, confirmed, of: targets.count, by: nil) }
            isAnnounced = true
            let missing = targets.filter { confirmed.names[$0.id] == nil }
            guard !missing.isEmpty else { return confirmed }
            let refusals = await giveKeys(
                to: missing, all: targets.count, keyset, until: end, &confirmed)
            guard !Task.isCancelled else { throw .cancelled(stage: .init(keyset.stage)) }
            guard !refusals.isEmpty else { continue }
            let isHopeless = refusals.allSatisfy { $0.reason == .cannotKeep }
            guard !isHopeless, ContinuousClock.now < end else {
                // If a newer keyset explains the failure, that is reported.
                _ = try await self.targets(of: keyset, &confirmed)
                throw .notConfirmed(stage: .init(keyset.stage), refusals)
            }
            try? await Task.sleep(for: Self.pauseBetweenTries)
        }
    }

    /// All members that must confirm, including this node, which has confirmed.
    private func targets(
        of keyset: Keyset, _ confirmed: inout Confirmations
    ) async throws(KeyRotationError) -> [KeyTarget] {
        let state = await handle.get { [absent] runner in
            (runner.keyset, runner.rotationTargets(without: absent), runner.keyStore)
        }
        guard let (held, targets, store) = state else { throw .notRunning }
        guard held == keyset else {
            throw .overtaken(version: held.version, by: held.author.map { NodeID(of: $0) })
        }
        for own in targets where own.isSelf {
            confirmed.names[own.id] = own.name
            if !store.outlivesProcess { confirmed.inMemoryOnly.insert(own.id) }
        }
        return targets
    }

    /// One round: each member once, a few at a time. Returns the members that did not confirm.
    private func giveKeys(
        to members: [KeyTarget], all: Int, _ keyset: Keyset, until end: ContinuousClock.Instant,
        _ confirmed: inout Confirmations
    ) async -> [KeyRotationError.Refusal] {
        var refusals: [KeyRotationError.Refusal] = []
        await ask(members, until: end) { member, answer in
            switch answer {
            case .confirmed(let inMemoryOnly):
                confirmed.names[member.id] = member.name
                if inMemoryOnly { confirmed.inMemoryOnly.insert(member.id) }
                tell(keyset, confirmed, of: all, by: member.name)
            case .gone: break
            case .cannotKeep, .declined, .failed, .ended:
                refusals.append(.init(id: member.id, name: member.name, reason: .init(answer)))
            }
        }
        return refusals.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// Gives our keyset to each of them once, a few at a time, and waits for no answer beyond
    /// `end`.
    private func ask(
        _ members: [KeyTarget], until end: ContinuousClock.Instant,
        _ note: (KeyTarget, KeysAnswer) -> Void
    ) async {
        await withTaskGroup(of: (KeyTarget, KeysAnswer).self) { group in
            var waiting = members[...]
            func addNext() {
                guard !Task.isCancelled, let member = waiting.popFirst() else { return }
                group.addTask {
                    let left = max(.zero, end - .now)
                    return (member, await handle.giveKeys(to: member.id, within: left))
                }
            }
            for _ in 0..<Self.callsAtOnce { addNext() }
            while let (member, answer) = await group.next() {
                addNext()
                note(member, answer)
            }
        }
    }

    private func tell(
        _ keyset: Keyset, _ confirmed: Confirmations, of all: Int, by name: NodeAlias?
    ) {
        progress(
            KeyRotationProgress(
                stage: .init(keyset.stage), version: keyset.version,
                fingerprint: keyset.newKey.fingerprint, confirmed: confirmed.names.count,
                members: max(all, confirmed.names.count), by: name))
    }
}

/// A member that must confirm.
struct KeyTarget: Sendable {
    let id: NodeID
    let name: NodeAlias
    let isSelf: Bool
}

extension KeyRotationError.Reason {
    fileprivate init(_ answer: KeysAnswer) {
        self =
            switch answer {
            case .cannotKeep: .cannotKeep
            case .confirmed, .declined, .gone: .declined
            case .failed(.refused): .connectionRefused
            case .failed(.timedOut): .timedOut
            case .failed(.unreachable(let errno)): .unreachable(errno: errno)
            case .failed(.rejected(let code)), .ended(let code): .init(code)
            case .failed(.broken): .brokeOff
            }
    }

    private init(_ code: StreamEndCode) {
        self =
            switch code {
            case .unknownKey, .retiredKey: .unknownKey
            case .busy: .busy
            case .leaving: .leaving
            case .cannotKeep: .cannotKeep
            case .done, .wrongCluster, .version, .aliasTaken, .protocolViolation, .inMemoryOnly,
                .noHandler, .tooLong, .applicationRefused, .moved,
                .heldDead, .oldBoot, .noLifelines:
                .brokeOff
            }
    }
}

extension KeyringStatus.Stage {
    init(_ stage: Keyset.Stage) {
        self =
            switch stage {
            case .settled: .settled
            case .installed: .installed
            case .switched: .switched
            }
    }
}
