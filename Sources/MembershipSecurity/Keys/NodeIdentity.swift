/// The identity of a node: an Ed25519 key that signs its statements about itself.
///
/// It is kept in a file if its user gave the node a name, and otherwise made for this run. The
/// cluster key shows that a node belongs to the cluster. This key shows which node it is, so that
/// no member can speak for another.
package import MembershipWire

package struct NodeIdentity: Sendable {
    package static let seedBytes = 32

    /// The content of an identity file.
    let seed: SecretBytes
    private let secretKey: SecretBytes
    package let publicKey: IdentityKey
    /// Eight bytes of the public key's hash: the node's id on the wire.
    package let nodeID: NodeID

    /// nil unless the seed is exactly 32 bytes.
    package init?(seed: SecretBytes) {
        guard seed.count == Self.seedBytes else { return nil }
        self.init(unchecked: seed)
    }

    private init(unchecked seed: SecretBytes) {
        self.seed = seed
        var publicKey = Octets32()
        secretKey = SecretBytes(count: 64) { secret in
            publicKey = Octets32(filling: { output in
                seed.withBytes {
                    Sodium.makeIdentity(seed: $0, publicKey: output, secretKey: secret)
                }
            })
        }
        self.publicKey = IdentityKey(publicKey)
        nodeID = NodeID(of: IdentityKey(publicKey))
    }

    /// A new identity, which is not kept unless it is written to a file.
    package static func random() -> NodeIdentity {
        NodeIdentity(unchecked: .random(count: seedBytes))
    }

    func sign(_ text: [UInt8]) -> Signature { text.withUnsafeBytes { sign($0) } }

    /// Signs a text that may be secret.
    func sign(_ text: UnsafeRawBufferPointer) -> Signature {
        Signature(
            Octets64(filling: { output in
                secretKey.withBytes { Sodium.sign(text, secretKey: $0, into: output) }
            }))
    }
}

extension NodeID {
    /// The id of any member's identity key.
    package init(of key: IdentityKey) {
        self.init(key.octets.withBytes { Derivation.nodeID.number(of: $0) })
    }
}
