/// Frames made and read without the gate, by libsodium and the text (Specs/Wire.md, sections 1 and 2):
/// what somebody can send who has the cluster key and the secret of a boot, whatever stands in them.
import CSodium

/// One cluster key in its cluster.
struct ForgingKey: Sendable {
    let secret: [UInt8]
    /// kid.
    let id: UInt16
    private let frameKey: [UInt8]
    private let macKey: [UInt8]

    init(_ secret: [UInt8], cluster: [UInt8]) {
        self.secret = secret
        id = UInt16(number(hash(secret, "IR1 kid")[..<2]))
        frameKey = hash(secret, "IR1 frame", cluster)
        macKey = Array(hash(frameKey, "IR1 mac1")[..<16])
    }

    /// mac1 of the header that the bytes begin with, whatever stands in its own place.
    func mac(of frame: [UInt8], for receiver: [UInt8]) -> [UInt8] {
        let input = Array(frame[..<4]) + frame[8..<32] + receiver
        var mac = [UInt8](repeating: 0, count: 8)
        precondition(crypto_shorthash(&mac, input, UInt64(input.count), macKey) == 0)
        return Array(mac[..<4])
    }

    /// DK of suite 1, from the boot ids.
    func clusterKey(from sender: [UInt8], to receiver: [UInt8]) -> [UInt8] {
        hash(frameKey, "IR1 cluster", sender + receiver)
    }

    /// DK of suite 2, from the secret that the boots share.
    func pairKey(from sender: ForgingBoot, to receiver: ForgingBoot) -> [UInt8] {
        let shared = sender.agree(with: receiver)
        return hash(frameKey, "IR1 pair", shared + sender.publicKey + receiver.publicKey)
    }
}

/// One run of a node.
struct ForgingBoot: Sendable {
    let secret: [UInt8]
    let publicKey: [UInt8]
    /// bid.
    let id: [UInt8]

    init(_ secret: [UInt8]) {
        var publicKey = [UInt8](repeating: 0, count: 32)
        precondition(crypto_scalarmult_base(&publicKey, secret) == 0)
        self.init(secret, publicKey: publicKey)
    }

    /// A boot that states a key of small order: it shares zeros with everybody.
    static let weak = ForgingBoot([], publicKey: [UInt8](repeating: 0, count: 32))

    private init(_ secret: [UInt8], publicKey: [UInt8]) {
        self.secret = secret
        self.publicKey = publicKey
        id = Array(hash([], "IR1 bid", publicKey)[..<8])
    }

    func agree(with other: ForgingBoot) -> [UInt8] {
        var shared = [UInt8](repeating: 0, count: 32)
        guard !secret.isEmpty else { return shared }
        precondition(crypto_scalarmult(&shared, secret, other.publicKey) == 0)
        return shared
    }
}

enum Forging {
    /// What follows a header: the sealed plaintext and the tag.
    static func seal(_ plaintext: [UInt8], under header: [UInt8], key: [UInt8]) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: plaintext.count + 16)
        let nonce = Array(header[8..<32])
        let status = crypto_aead_xchacha20poly1305_ietf_encrypt(
            &sealed, nil, plaintext, UInt64(plaintext.count), header, 32, nil, nonce, key)
        precondition(status == 0)
        return sealed
    }

    /// The plaintext of a frame; nil if its tag is wrong.
    static func open(_ frame: [UInt8], key: [UInt8]) -> [UInt8]? {
        let (sealed, nonce) = (Array(frame[32...]), Array(frame[8..<32]))
        var plaintext = [UInt8](repeating: 0, count: sealed.count - 16)
        let status = crypto_aead_xchacha20poly1305_ietf_decrypt(
            &plaintext, nil, nil, sealed, UInt64(sealed.count), frame, 32, nonce, key)
        return status == 0 ? plaintext : nil
    }
}

/// In network order.
func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
}

/// In network order.
func bytes(of number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
}

/// `H` of the specification.
private func hash(_ key: [UInt8], _ label: String, _ arguments: [UInt8] = []) -> [UInt8] {
    let padding = [UInt8](repeating: 0, count: 16 - label.utf8.count)
    let input = Array(label.utf8) + padding + arguments
    var hash = [UInt8](repeating: 0, count: 32)
    let status = crypto_generichash(&hash, 32, input, UInt64(input.count), key, key.count)
    precondition(status == 0)
    return hash
}
