/// An X25519 key pair: a boot key, or the one-time key of a handshake.
import MembershipWire

struct KeyPair: Sendable {
    let secret: SecretBytes
    let publicKey: Octets32

    /// `secret` must be 32 bytes.
    init(secret: SecretBytes) {
        self.secret = secret
        publicKey = Octets32(filling: { output in
            secret.withBytes { Sodium.makePublicKey(of: $0, into: output) }
        })
    }

    static func random() -> KeyPair { KeyPair(secret: .random(count: 32)) }

    /// X25519 with another node's public key; false if that key is of small order.
    func agree(with other: Octets32, into shared: UnsafeMutableRawBufferPointer) -> Bool {
        secret.withBytes { mine in
            other.withBytes { Sodium.agree(secretKey: mine, publicKey: $0, into: shared) }
        }
    }
}
