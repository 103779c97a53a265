/// Who a node is: an Ed25519 key, by which it signs what it says of itself.
///
/// Kept in a file when its user gave the node a name, else made for this run. The cluster key shows
/// that a node belongs; this one shows which node it is, so that no member can speak for another.
package import MembershipWire

package struct NodeIdentity: Sendable {
    package static let seedBytes = 32

    /// What an identity file holds.
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

    /// A new identity; kept nowhere unless written to a file.
    package static func random() -> NodeIdentity {
        NodeIdentity(unchecked: .random(count: seedBytes))
    }

    func sign(_ text: [UInt8]) -> Signature { text.withUnsafeBytes { sign($0) } }

    /// Of a text that may be secret.
    func sign(_ text: UnsafeRawBufferPointer) -> Signature {
        Signature(
            Octets64(filling: { output in
                secretKey.withBytes { Sodium.sign(text, secretKey: $0, into: output) }
            }))
    }
}

extension NodeID {
    /// Of anyone's identity key.
    package init(of key: IdentityKey) {
        self.init(key.octets.withBytes { Derivation.nodeID.number(of: $0) })
    }
}
