internal import MembershipSecurity

/// The source of a node's keys, and the place for new ones.
///
/// A file is updated before a node continues under new keys, so that its next start has them too.
/// If there is no such file, new keys live as long as the process, and every confirmation says so:
/// its operator must provide them for the next start.
enum KeyStore: Sendable {
    case file(String)
    /// In memory of this process.
    case shared(SharedClusterKey)
    /// Only in the running node.
    case nowhere

    /// Whether the stored keys are there at the next start.
    var outlivesProcess: Bool {
        switch self {
        case .file: true
        case .shared, .nowhere: false
        }
    }

    /// The keys that the configuration names, and the place for their successors. Blocks: call it
    /// off the event loop.
    static func load(
        _ source: ClusterConfiguration.KeySource
    ) throws(ClusterError) -> (keyset: Keyset, store: KeyStore) {
        do throws(GuardedFileError) {
            switch source {
            case .file("-"): return (try KeyFile.readKeyset("-"), .nowhere)
            case .file(let path): return (try KeyFile.readKeyset(path), .file(path))
            case .fileCreatedIfMissing(let path):
                return (try KeyFile.readOrCreate(path).keyset, .file(path))
            case .credential(let path): return (try KeyFile.readKeyset(path), .nowhere)
            case .generated(let shared): return (shared.keyset, .shared(shared))
            case .bytes(let bytes):
                let secret =
                    bytes.count == ClusterKey.byteCount
                    ? ClusterKey(SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) })
                    : nil
                if let secret { return (Keyset(secret), .nowhere) }
            }
        } catch {
            throw .key(ClusterKeyError(error))
        }
        throw .key(
            .malformed(
                path: "the given bytes", reason: "a cluster key is \(ClusterKey.byteCount) bytes"))
    }

    /// Puts `keyset` where the next start finds it, unless a newer one is there. Returns the one
    /// that is there now. Blocks.
    func keep(_ keyset: Keyset) throws(GuardedFileError) -> Keyset {
        switch self {
        case .file(let path): try KeyFile.update(path, to: keyset)
        case .shared(let shared): shared.update(to: keyset)
        case .nowhere: keyset
        }
    }
}
