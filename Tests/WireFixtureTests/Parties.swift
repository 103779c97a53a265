/// The people of the fixtures: A, B and C with known seeds, two cluster keys, one name.
import MembershipWire
import Testing

@testable import MembershipSecurity

enum Parties {
    static let clusterName = "prod-eu1"
    static let hedge: UInt64 = 0x0102_0304_0506_0708
    static let firstKey = clusterKey(Array(0..<32))
    static let secondKey = clusterKey(Array(32..<64))
    static let identities = ["A": identity(1), "B": identity(2), "C": identity(3)]
    static let boots = ["A": boot(0x11), "B": boot(0x22), "C": boot(0x33)]
    static let callerOneTime = pair(0x55)
    static let calledOneTime = pair(0x66)

    /// K1 alone: what A and C hold.
    static let secrets = secrets(of: Keyring(firstKey))

    /// What B holds.
    static var bothKeys: Keyring {
        get throws {
            var ring = Keyring(firstKey)
            try ring.install(secondKey)
            return ring
        }
    }

    static func secrets(
        of ring: Keyring, cluster: ClusterID = ClusterID(named: clusterName)
    ) -> ClusterSecrets {
        ClusterSecrets(keyring: ring, cluster: cluster)
    }

    static func key(named name: String) -> ClusterKey { name == "K2" ? secondKey : firstKey }

    static func clusterKey(_ bytes: [UInt8]) -> ClusterKey {
        guard let key = ClusterKey(SecretBytes(copying: bytes)) else {
            preconditionFailure("a cluster key is 32 bytes")
        }
        return key
    }

    static func identity(_ byte: UInt8) -> NodeIdentity {
        guard let identity = NodeIdentity(seed: repeated(byte)) else {
            preconditionFailure("a seed is 32 bytes")
        }
        return identity
    }

    static func boot(_ byte: UInt8) -> BootKeys {
        guard let boot = BootKeys(secret: repeated(byte)) else {
            preconditionFailure("a secret is 32 bytes")
        }
        return boot
    }

    static func pair(_ byte: UInt8) -> KeyPair { KeyPair(secret: repeated(byte)) }

    private static func repeated(_ byte: UInt8) -> SecretBytes {
        SecretBytes(copying: [UInt8](repeating: byte, count: 32))
    }

    static func boot(named name: String) throws -> BootKeys { try #require(boots[name]) }

    static func identity(named name: String) throws -> NodeIdentity {
        try #require(identities[name])
    }

    /// The boot key behind a boot id, as B knows it.
    static func bootKey(of id: BootID) -> BootKey? {
        ["A", "C"].compactMap { boots[$0] }.first { $0.id == id }?.publicKey
    }
}
