/// The keys of frames and streams, derived from a keyring for one cluster.
///
/// They are derived once per node and keyset, and shared by gate, authenticator and streams. The
/// cluster's id is part of every derivation, so that two clusters with one key and two names cannot
/// hear each other. Specs/Wire.md, section 1.
package import MembershipWire

package struct ClusterSecrets: Sendable {
    package let cluster: ClusterID
    /// In the order of the keyring: the first one seals. Never empty.
    let keys: [FrameKeys]
    /// Keys that open nothing. A stream under one may still be answered, to pass on the new keys.
    let retired: [FrameKeys]

    package init(keyring: Keyring, cluster: ClusterID) {
        self.cluster = cluster
        keys = keyring.keys.map { FrameKeys($0, cluster: cluster) }
        retired = []
    }

    /// - Parameter unixSeconds: now; keys whose retirement is over are left out.
    package init(keyset: Keyset, cluster: ClusterID, at unixSeconds: UInt64) {
        self.cluster = cluster
        keys = keyset.keyring.keys.map { FrameKeys($0, cluster: cluster) }
        retired = keyset.retired(at: unixSeconds).map { FrameKeys($0.key, cluster: cluster) }
    }

    package var retiredCount: Int { retired.count }

    /// False if some key memory could not be locked against swapping (`ulimit -l`).
    package var isLocked: Bool { (keys + retired).allSatisfy { $0.secret.isLocked } }

    var primary: FrameKeys { keys[0] }

    /// At most four keys: looking at each is faster than hashing.
    func index(of id: KeyID) -> Int? { keys.firstIndex { $0.id == id } }

    func retiredKeys(_ id: KeyID) -> FrameKeys? { retired.first { $0.id == id } }

    /// The keys for calling or answering a stream under this key; under a retired one for keys
    /// only.
    func streamKeys(_ id: KeyID) throws(StreamError) -> (keys: FrameKeys, isRetired: Bool) {
        if let index = index(of: id) { return (keys[index], false) }
        guard let keys = retiredKeys(id) else { throw .unknownKey(id) }
        return (keys, true)
    }
}

/// The derived keys of one cluster key.
struct FrameKeys: Sendable {
    let id: KeyID
    /// FK (32 bytes), then the pre-shared key of streams (32), then SK (16).
    fileprivate let secret: SecretBytes

    init(_ key: ClusterKey, cluster: ClusterID) {
        id = key.id
        secret = SecretBytes(count: 80) { memory in
            let frameKey = memory.part(0..<32)
            key.secret.withBytes { clusterKey in
                cluster.octets.withBytes {
                    Derivation.frameKey.hash(key: clusterKey, $0, into: frameKey)
                }
            }
            let source = UnsafeRawBufferPointer(frameKey)
            Derivation.noise.hash(key: source, into: memory.part(32..<64))
            Derivation.macKey.hash(key: source, into: memory.part(64..<80))
        }
    }

    /// FK, from which direction keys are derived.
    func withFrameKey<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        secret.withBytes { body($0.part(0..<32)) }
    }

    /// SK, for the short MAC that tells a stranger's bytes from a member's.
    func withMACKey<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        secret.withBytes { body($0.part(64..<80)) }
    }

    /// The pre-shared key of the stream handshake.
    func makePresharedKey() -> SecretBytes {
        SecretBytes(count: 32) { copy in
            secret.withBytes { copy.copyMemory(from: $0.part(32..<64)) }
        }
    }

    /// DK in suite 2: for the frames that one boot sends to another, derived also from the secret
    /// that only those two share.
    func derivePairKey(
        sharing secret: UnsafeRawBufferPointer, from source: BootKey, to target: BootKey,
        into output: UnsafeMutableRawBufferPointer
    ) {
        source.octets.withBytes { source in
            target.octets.withBytes { target in
                withFrameKey {
                    Derivation.pairDirection.hash(key: $0, secret, source, target, into: output)
                }
            }
        }
    }

    /// DK in suite 1: for the frames that one boot sends to another, derived from the cluster key.
    func deriveDirectionKey(
        from source: BootID, to target: BootID, into output: UnsafeMutableRawBufferPointer
    ) {
        let boots = (source.value.bigEndian, target.value.bigEndian)
        withUnsafeBytes(of: boots) { boots in
            withFrameKey { Derivation.clusterDirection.hash(key: $0, boots, into: output) }
        }
    }
}
