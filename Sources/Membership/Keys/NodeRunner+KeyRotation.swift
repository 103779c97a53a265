internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore

/// The operations of the loop for `KeyRotation`.
extension NodeRunner {
    /// Returns false if one is under way.
    func beginRotation() -> Bool {
        guard !isRotating else { return false }
        isRotating = true
        feed(.keys(.rotating(true)))
        return true
    }

    func endRotation() {
        isRotating = false
        feed(.keys(.rotating(false)))
    }

    /// Our keyset, and whether a rotation has begun and not ended: keys are on their way, or a
    /// member shows another keyset than the one that all should hold by now.
    func rotationStart() -> (keyset: Keyset, isUnfinished: Bool) {
        let isOnItsWay = keyset.stage != .settled
        let differs =
            keyset.version > 0
            && node.keyringHashes.contains { $0.hash.map { $0 != keyset.keyringHash } ?? false }
        return (keyset, isOnItsWay || differs)
    }

    /// The keyset of the next stage, signed by us.
    func makeKeyset(
        after current: Keyset, grace: UInt64
    ) -> Result<Keyset, KeyRotationError> {
        guard keyset == current else {
            return .failure(
                .overtaken(version: keyset.version, by: keyset.author.map { NodeID(of: $0) }))
        }
        do throws(WireError) {
            return .success(
                try current.next(by: identity, in: cluster, at: unixSeconds(), grace: grace))
        } catch {
            return .failure(.versionsExhausted)
        }
    }

    /// The living members, this node included, without those that the rotation does not wait for.
    func rotationTargets(without absent: [NodeAlias]) -> [KeyTarget] {
        node.keyringHashes.map(\.member).filter {
            $0.id == node.ownRecord.id || !absent.contains($0.alias)
        }
        .map { KeyTarget(id: $0.id, name: $0.alias, isSelf: $0.id == node.ownRecord.id) }
    }

    /// Gives our keyset to a member. `answer` is called once, on the loop.
    func giveKeys(to id: NodeID, answer: @escaping (KeysAnswer) -> Void) -> UInt64? {
        guard lifecycle == .running else {
            answer(.gone)
            return nil
        }
        let attempt = nextKeysAttempt
        nextKeysAttempt += 1
        keysGiven[attempt] = answer
        feed(.keys(.give(to: id, attempt: attempt)))
        return attempt
    }

    /// The caller no longer waits for this answer and gets `answer`. The conversation itself runs
    /// to its end.
    func forgetKeysGiven(_ attempt: UInt64, _ answer: KeysAnswer) {
        keysGiven.removeValue(forKey: attempt)?(answer)
    }

    func makeKeyringStatus() -> KeyringStatus {
        let keys =
            keyset.keyring.keys.enumerated().map { index, key in
                KeyringStatus.Key(
                    fingerprint: key.fingerprint, role: index == 0 ? .seals : .accepted)
            }
            + keyset.retired(at: unixSeconds()).map {
                KeyringStatus.Key(
                    fingerprint: $0.key.fingerprint, role: .retired(until: $0.until))
            }
        let members = node.keyringHashes.map { member, hash in
            KeyringStatus.Showing(
                id: member.id, name: member.alias, hash: hash.map(Self.digits))
        }
        let path: String? = if case .file(let path) = keyStore { path } else { nil }
        return KeyringStatus(
            version: keyset.version, stage: .init(keyset.stage),
            hash: Self.digits(keyset.keyringHash), keys: keys,
            author: keyset.author.map { NodeID(of: $0) }, path: path, isRotating: isRotating,
            members: members.sorted { ($0.name, $0.id) < ($1.name, $1.id) })
    }

    private static func digits(_ hash: UInt32) -> String { hexadecimal(UInt64(hash), digits: 8) }
}

extension RunnerHandle {
    /// Stores a keyset that this node made, and continues under it.
    func keep(_ keyset: Keyset) async throws(KeyRotationError) {
        let kept = loop.makePromise(of: Result<Void, KeyRotationError>.self)
        run { runner in
            guard runner.lifecycle == .running else { return kept.succeed(.failure(.notRunning)) }
            runner.keep(keyset) { result in
                kept.succeed(
                    result.mapError { .cannotKeep(path: $0.path, reason: $0.reason) })
            }
        }
        guard let result = try? await kept.futureResult.get() else { throw .notRunning }
        try result.get()
    }

    /// Gives our keyset to a member and waits for its answer, for `patience` and ten seconds at
    /// most. A cancelled caller gets `.gone` at once.
    func giveKeys(to id: NodeID, within patience: Duration) async -> KeysAnswer {
        let answer = loop.makePromise(of: KeysAnswer.self)
        let attempt = await get { runner -> UInt64? in
            let attempt = runner.giveKeys(to: id) { answer.succeed($0) }
            guard let attempt else { return nil }
            let handle = self
            let alarm = runner.loop.scheduleTask(in: TimeAmount(patience)) {
                handle.run { $0.forgetKeysGiven(attempt, .failed(.timedOut)) }
            }
            answer.futureResult.whenComplete { _ in alarm.cancel() }
            return attempt
        }
        guard let attempt else {
            answer.succeed(.gone)
            return .gone
        }
        return await withTaskCancellationHandler {
            (try? await answer.futureResult.get()) ?? .gone
        } onCancel: {
            if let attempt { run { $0.forgetKeysGiven(attempt, .gone) } }
        }
    }
}
