internal import Logging
internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore
import NIOPosix

/// The keys of a running node: given, accepted, stored and used.
///
/// A newer keyset is first stored, off the loop, and used when that is done: a node never seals
/// under a key that its next start would not have. Gates, future streams and relay proofs change at
/// one moment of the loop; replay windows and sequences continue.
extension NodeRunner {
    // MARK: Requests of the core

    func sendKeys(on id: StreamID) { streams[id]?.write(keyset) }

    /// The core gets the answer in time: at once, unless a disk must be waited for.
    func takeKeys(on id: StreamID) {
        guard let connection = streams[id] else { return }
        take(connection.takeGivenKeys()) { [weak connection] outcome in
            guard let connection else { return }
            connection.tookKeys(outcome)
        }
    }

    /// A caller under a retired key receives the new ones if it is known.
    func answerRetiredKey(on id: StreamID, caller: NodeID) {
        guard let stream = streams[id] else { return }
        guard entitled.contains(caller, at: unixSeconds()) else {
            meter.refuse(.streamUnknownKey)
            return stream.write(.end(.unknownKey))
        }
        logger.info("a member has come back with a retired key", metadata: ["id": "\(caller)"])
        stream.write(keyset)
        stream.write(.end(.retiredKey))
    }

    // MARK: Accepting

    /// `given` is nil if the other side holds version 0.
    func take(_ given: Keyset?, answer: @escaping (KeysOutcome) -> Void) {
        let inMemoryOnly = !keyStore.outlivesProcess
        guard let given else {
            return answer(
                keyset.version == 0
                    ? .same(inMemoryOnly: inMemoryOnly) : .older(inMemoryOnly: inMemoryOnly))
        }
        guard given.isSigned(in: cluster) else {
            meter.refuse(.badKeysetSignature)
            return answer(.refused)
        }
        if given == keyset { return answer(.same(inMemoryOnly: inMemoryOnly)) }
        guard given.supersedes(keyset) else { return answer(.older(inMemoryOnly: inMemoryOnly)) }
        guard given.isWithinReach(of: keyset) else {
            meter.refuse(.keysetVersionOutOfRange)
            return answer(.refused)
        }
        guard given.continues(keyset) else {
            meter.refuse(.foreignKeyset)
            logger.warning(
                "cluster keys that have none of ours among them were refused",
                metadata: [
                    "version": "\(given.version)",
                    "by": "\(given.author.map { "\(NodeID(of: $0))" } ?? "-")",
                ])
            return answer(.refused)
        }
        keep(given) { [self] result in
            switch result {
            case .success:
                answer(
                    given == keyset
                        ? .same(inMemoryOnly: inMemoryOnly) : .older(inMemoryOnly: inMemoryOnly))
            case .failure(let error):
                logger.error(
                    "new cluster keys cannot be stored and were not taken: this node falls behind",
                    metadata: ["path": "\(error.path)", "error": "\(error.reason)"])
                tell(.notice(.keysNotKept(path: error.path, reason: error.reason)))
                answer(.cannotKeep)
            }
        }
    }

    /// Stores a keyset, then continues under it. `done` is called on the loop.
    func keep(_ new: Keyset, done: @escaping (Result<Void, GuardedFileError>) -> Void) {
        let (store, cluster) = (keyStore, cluster)
        let runner = NIOLoopBound(self, eventLoop: loop)
        let done = NIOLoopBound(done, eventLoop: loop)
        let stored = loop.makePromise(of: Result<Keyset, GuardedFileError>.self)
        NIOThreadPool.singleton.submit { _ in
            stored.succeed(Result { () throws(GuardedFileError) in try store.keep(new) })
        }
        stored.futureResult.whenSuccess { result in
            let runner = runner.value
            switch result {
            case .success where runner.lifecycle == .stopped: done.value(.success(()))
            case .success(let kept):
                // The file may have held a newer one, from another node that shares it.
                runner.adopt(kept.isSigned(in: cluster) ? kept : new)
                done.value(.success(()))
            case .failure(let error): done.value(.failure(error))
            }
        }
    }

    /// From this moment on the node uses `new`, if that is newer than its own.
    private func adopt(_ new: Keyset) {
        guard new.supersedes(keyset) else { return }
        let now = unixSeconds()
        entitleMembers(by: new, at: now)
        keyset = new
        useKeys(at: now)
        let author = new.author.map { NodeID(of: $0) }
        let name = author.flatMap { node.status(of: $0, at: .now())?.record.alias }
        logger.info(
            "continuing under another keyset",
            metadata: [
                "version": "\(new.version)", "stage": "\(new.stage)",
                "key": "\(new.keyring.primary.fingerprint)", "by": "\(name?.text ?? "-")",
            ])
        tell(
            .notice(
                .keysChanged(
                    version: new.version, stage: KeyringStatus.Stage(new.stage),
                    fingerprint: new.keyring.primary.fingerprint, by: author)))
    }

    /// Derives the keys from the keyset, and hands them to all their users.
    private func useKeys(at unixSeconds: UInt64) {
        secrets = ClusterSecrets(keyset: keyset, cluster: cluster, at: unixSeconds)
        gate.renewKeys(secrets)
        former?.gate.renewKeys(secrets)
        feed(
            .keys(
                .changed(
                    hash: keyset.keyringHash,
                    NodeAuthenticator(identity: identity, boot: boot, secrets: secrets))))
    }

    // MARK: Retired keys

    /// Every member that is known now may return by a key that is retired now.
    private func entitleMembers(by new: Keyset, at now: UInt64) {
        let known = Set(keyset.retired.map(\.key.fingerprint))
        let until = new.retired(at: now).filter { !known.contains($0.key.fingerprint) }
            .map(\.until).max()
        guard let until else { return }
        let table = node.view.table
        entitled.add((0..<table.count).lazy.map { table.id(at: $0) }, until: until, at: now)
        settings.directory?.save(.entitled(entitled.deadlines), report: diskReport)
    }

    /// A key whose time is over is no longer answered.
    func dropExpiredKeys() {
        let now = unixSeconds()
        guard keyset.retired(at: now).count < secrets.retiredCount else { return }
        useKeys(at: now)
        logger.info("the time of a retired key is over")
    }
}
