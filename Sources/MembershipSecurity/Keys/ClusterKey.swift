/// The 32 random bytes that make a node part of a cluster.
///
/// A node with the key can join; a node without it can neither read nor forge a frame. On the wire
/// a key is named by two bytes (`id`), to people by eight digits (`fingerprint`). These are two
/// different hashes, so that a screen's content cannot be compared with a network capture.
package import MembershipWire

package struct ClusterKey: Sendable, Equatable {
    package static let byteCount = 32

    let secret: SecretBytes
    /// Identifies the key that sealed a frame; in clear at the start of each frame.
    package let id: KeyID
    /// Eight hexadecimal digits for people, e.g. "3f9a21c0". Safe to print and to log.
    package let fingerprint: String

    /// nil unless there are exactly 32 bytes.
    package init?(_ secret: SecretBytes) {
        guard secret.count == Self.byteCount else { return nil }
        self.init(unchecked: secret)
    }

    private init(unchecked secret: SecretBytes) {
        self.secret = secret
        let (id, print) = secret.withBytes { key in
            (
                Derivation.keyID.octets(key: key, as: Octets16.self).prefix >> 48,
                Derivation.fingerprint.octets(key: key, as: Octets16.self).prefix >> 32
            )
        }
        self.id = KeyID(UInt16(truncatingIfNeeded: id))
        self.fingerprint = hexadecimal(print, digits: 8)
    }

    /// Whether all bytes are zero: such a key was not drawn at random.
    package var isZero: Bool { secret.withBytes { Sodium.isZero($0) } }

    /// A new key.
    package static func random() -> ClusterKey {
        ClusterKey(unchecked: .random(count: byteCount))
    }

    package static func == (a: ClusterKey, b: ClusterKey) -> Bool { a.secret == b.secret }
}

extension ClusterKey: CustomStringConvertible {
    package var description: String { "cluster key \(fingerprint)" }
}
