/// Two nodes with known keys, and what an independent implementation (PyNaCl and hashlib) makes of
/// them: A has the Ed25519 seed 01…01 and the X25519 secret 11…11, B 02…02 and 22…22; the cluster key
/// is 00 01 … 1f, the cluster's name `prod-eu1`.
import MembershipWire

@testable import MembershipSecurity

enum Golden {
    static let key = makeKey(Array(0..<32))
    static let cluster = ClusterID(named: "prod-eu1")
    static let secrets = ClusterSecrets(keyring: Keyring(key), cluster: cluster)
    static let a = makeNode(identity: 0x01, boot: 0x11)
    static let b = makeNode(identity: 0x02, boot: 0x22)
    /// A third member of the same cluster.
    static let c = makeNode(identity: 0x03, boot: 0x33)

    struct Node: Sendable {
        let identity: NodeIdentity
        let boot: BootKeys
        var authenticator: NodeAuthenticator {
            NodeAuthenticator(identity: identity, boot: boot, secrets: Golden.secrets)
        }
    }

    static let clusterID = hex("fdab7b127ccfc2b1fd743a9115e9009b")
    static let frameKey = hex("f9ec5d7bcf596dd7971f41cccedd7fbcfb53104d420ff489c80b4e405a468792")
    static let macKey = hex("c0f733a9f0c6ee1faed4de684b4aa9a0")
    static let presharedKey = hex(
        "2e6e56086da78300711c6ae58f3dcf0ad09e647ae1d419f68d18616ac9d49d28")
    /// Suite 2: what only A and B can make.
    static let pairKeyAtoB = hex(
        "5648902c3245980aad933ceb09932ddb2beeb485b23978c629851e3d1b8172b4")
    static let pairKeyBtoA = hex(
        "e16d06055b25e95f734e0dfdbed9b460c35bab3368d6d5db06cba393e86b2ea4")
    /// Suite 1: what every holder of the cluster key can make.
    static let keyAtoB = hex("d14cb2404fca149753b6844c972f1b877b041d2198fe89eb310bb04ad4971fef")
    static let keyBtoA = hex("376f2d6fec805874a90e08517c93952cf232e4c856b027293c705df20a12ac57")

    /// A heartbeat without items.
    static let plaintext: [UInt8] = [1, 0] + [UInt8](repeating: 0, count: 62)
    static let hedge: UInt64 = 0x0102_0304_0506_0708
    /// That heartbeat from A to B with sequence 1 and that hedge.
    static let frame = hex(
        """
        4912f6c1d6f43b3abeabd4311cd68ac5000000000000000101020304050607086f340127077edec299097fff5be1\
        63c4b0047031c8ed60346d95bccf7fdef83553de6b8df1d5a0aae802afb60f2128e5444a8d938bac1305966c1a03\
        b2f7ca4c758a23ca734e219d730510e7684a7d98
        """)
    /// The same under the cluster key alone.
    static let clusterFrame = hex(
        """
        4911f6c15667e636beabd4311cd68ac50000000000000001010203040506070813d4a9a13fe8918901ed497b417d\
        6e8965409cd6b1140626faff0c7e3b215c51c90eec6411b0f21fd0dd7efc93fed406655ec8c7c6bef40b52fcbb5c\
        ba4b239bf3dc48c2b35533b606601f5e3f05e7be
        """)

    /// A stream from A (one-time key 55…55) to B (66…66): "hello", "hello-ack", "join", then "peers"
    /// from A, "peers back" from B and an empty record from A.
    enum Stream {
        static let first = hex(
            """
            491af6c161486c9f003538ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c6760f35fff\
            ef364fc3d583991bdf60fb9558b498cd2d
            """)
        static let second = hex(
            """
            0069219e4d800da968d2a5fcb009c784f4746c7138edb9ee4844b739e830b05cf424c876a880fee0b9fc59c2ccc7\
            c4e4e1de9911e1311d66c5ba990bd5eac06ea04a047638e4ebb114b4ce49267fca1fa0d611f494fd1252287d9849\
            80e83ffb670dff660989bd3626a637
            """)
        static let third = hex(
            """
            00440eb9d1e7a47698d0e830f9f2cec5595c7530d1e80adc55f9c5382155db6ada1efb0315d8665a2a7e158d24fa\
            e779717d29b7ccca026dbcc660c52de3c502e91cb17bc86d
            """)
        static let peers = hex("0015a4b5f75771c4464ed3b38075cbcf7c9b54978aaaac")
        static let peersBack = hex("001a7dd53ccaf432e8e658d3aad99805867a2d8192c818d2c6b3cc03")
        static let empty = hex("0010cfb63fd68bb60fe1cb1981add41bd30f")
    }

    static let keyLine =
        "iridium-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 41aea782\n"
    static let identityLine =
        "iridium-identity-1 0101010101010101010101010101010101010101010101010101010101010101"
        + " 58ea0fdb711e36f8\n"

    /// What a member's table answers: the boot keys of A, B and C.
    static func bootKey(of boot: BootID) -> BootKey? {
        [a, b, c].first { $0.boot.id == boot }?.boot.publicKey
    }

    static func makeKey(_ bytes: [UInt8]) -> ClusterKey {
        guard let key = ClusterKey(SecretBytes(copying: bytes)) else {
            preconditionFailure("a cluster key is 32 bytes")
        }
        return key
    }

    static func makeNode(identity: UInt8, boot: UInt8) -> Node {
        let seed = SecretBytes(copying: [UInt8](repeating: identity, count: 32))
        let secret = SecretBytes(copying: [UInt8](repeating: boot, count: 32))
        guard let identity = NodeIdentity(seed: seed), let boot = BootKeys(secret: secret) else {
            preconditionFailure("seeds and secrets are 32 bytes")
        }
        return Node(identity: identity, boot: boot)
    }

    static func makePair(_ byte: UInt8) -> KeyPair {
        KeyPair(secret: SecretBytes(copying: [UInt8](repeating: byte, count: 32)))
    }
}

/// The bytes that a fixture spells in hexadecimal.
func hex(_ text: String) -> [UInt8] {
    var digits: [UInt8] = []
    for character in text.utf8 {
        guard let digit = UInt8(String(UnicodeScalar(character)), radix: 16) else {
            preconditionFailure("not hexadecimal: \(text)")
        }
        digits.append(digit)
    }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Fixed numbers that look random: every run of a test makes the same ones. SplitMix64.
struct Numbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func next(below limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
