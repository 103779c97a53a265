internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore
import NIOPosix

/// Settings that a running node can reload. None of them is an event of membership.
extension Cluster {
    /// Looks for members at these places from the next look on.
    package func replaceSeeds(_ seeds: [HostAndPort], discovery: [any SeedProvider]) {
        sources.replace(by: seeds, discovery)
    }

    /// The result of reading the key file again.
    package enum KeysReload: Hashable, Sendable {
        /// The file has the keys in use, or older ones.
        case unchanged
        /// The keys of the file are in use now.
        case taken
        /// The file has keys of another cluster, or keys that do not continue those in use.
        case refused
        /// The keys come from no file that can be read again.
        case noFile
    }

    /// Reads the key file again. Keys are used if they continue those in use, as they would be if
    /// another member gave them.
    ///
    /// - Throws: `.key` if the file cannot be read, `.notRunning`.
    package func reloadKeys() async throws(ClusterError) -> KeysReload {
        let path: String
        switch configuration.key {
        case .file("-"), .bytes, .generated: return .noFile
        case .file(let file), .fileCreatedIfMissing(let file), .credential(let file): path = file
        }
        let read = try? await NIOThreadPool.singleton.runIfActive {
            Result { () throws(GuardedFileError) in try KeyFile.readKeyset(path) }
        }
        guard let read, let handle = await handle else { throw .notRunning }
        let keyset: Keyset
        do throws(GuardedFileError) {
            keyset = try read.get()
        } catch {
            throw .key(ClusterKeyError(error))
        }
        let answer = handle.loop.makePromise(of: KeysReload.self)
        let asked: Void? = await handle.get { runner in
            guard keyset.version > 0, keyset.supersedes(runner.keyset) else {
                let isKnown =
                    keyset == runner.keyset || keyset.continues(runner.keyset)
                    || runner.keyset.continues(keyset)
                return answer.succeed(isKnown ? .unchanged : .refused)
            }
            runner.take(keyset) { outcome in
                switch outcome {
                case .same: answer.succeed(.taken)
                case .older: answer.succeed(.unchanged)
                case .refused, .cannotKeep: answer.succeed(.refused)
                }
            }
        }
        guard asked != nil else {
            answer.succeed(.unchanged)
            throw .notRunning
        }
        return (try? await answer.futureResult.get()) ?? .unchanged
    }
}
