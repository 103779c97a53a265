internal import MembershipSecurity

extension ClusterKey {
    /// From where the configuration says. Blocks: call it off the event loop.
    static func load(_ source: ClusterConfiguration.KeySource) throws(ClusterError) -> ClusterKey {
        do throws(SecretFileError) {
            switch source {
            case .file(let path): return try KeyFile.read(path)
            case .fileCreatedIfMissing(let path): return try KeyFile.readOrCreate(path).key
            case .generated(let shared): return shared.key
            case .bytes(let bytes):
                let secret =
                    bytes.count == ClusterKey.byteCount
                    ? ClusterKey(SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) })
                    : nil
                if let secret { return secret }
            }
        } catch {
            throw .key(ClusterKeyError(error))
        }
        throw .key(
            .malformed(path: "the given bytes", reason: "a cluster key is \(byteCount) bytes"))
    }
}
