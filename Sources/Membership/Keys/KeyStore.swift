internal import MembershipSecurity

/// Where a node has its keys from, and where it puts the new ones.
///
/// A file is brought up to date before a node goes on under new keys, so that its next start has them
/// too. Where there is no file of its own, new keys live as long as the process, and every confirmation
/// says so: somebody must see to the next start.
enum KeyStore: Sendable {
    case file(String)
    /// In memory of this process.
    case shared(SharedClusterKey)
    /// Nowhere else than in the running node.
    case nowhere

    /// Whether what is kept is there at the next start.
    var outlivesProcess: Bool {
        switch self {
        case .file: true
        case .shared, .nowhere: false
        }
    }

    /// The keys that the configuration names, and where their successors go. Blocks: call it off the
    /// event loop.
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

    /// Puts `keyset` where the next start finds it, unless there is a newer one; says which is there
    /// now. Blocks.
    func keep(_ keyset: Keyset) throws(GuardedFileError) -> Keyset {
        switch self {
        case .file(let path): try KeyFile.update(path, to: keyset)
        case .shared(let shared): shared.update(to: keyset)
        case .nowhere: keyset
        }
    }
}
