/// The key of one run of a node (a session key): in memory only, new at each start.
///
/// Its public half is in the member's record, its hash (`id`) in every frame. Because a frame's key
/// depends on the boots of both ends, no frame survives a restart of either, and that takes neither
/// a clock nor a disk.
package import MembershipWire

package struct BootKeys: Sendable {
    let pair: KeyPair
    /// The key in the member's record.
    package let publicKey: BootKey
    /// The id in frames: eight bytes of the public key's hash.
    package let id: BootID

    /// A new run.
    package init() { self.init(pair: .random()) }

    /// A known run, for fixtures and replays; nil unless there are exactly 32 bytes.
    package init?(secret: SecretBytes) {
        guard secret.count == 32 else { return nil }
        self.init(pair: KeyPair(secret: secret))
    }

    private init(pair: KeyPair) {
        self.pair = pair
        publicKey = BootKey(pair.publicKey)
        id = BootID(of: BootKey(pair.publicKey))
    }
}

extension BootID {
    /// The id of any member's boot key.
    package init(of key: BootKey) {
        self.init(key.octets.withBytes { Derivation.bootID.number(of: $0) })
    }
}
