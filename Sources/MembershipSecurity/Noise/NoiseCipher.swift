/// One direction of an encrypted conversation: a key and the number of messages it has sealed.
///
/// Noise revision 34, section 5.1, "CipherState". Messages must be opened in the order in which
/// they were sealed. A stream keeps that order, and so a lost or repeated message has a wrong tag.
struct NoiseCipher: ~Copyable, Sendable {
    private var key = SecretMemory(count: 32)
    private(set) var nonce: UInt64 = 0
    private(set) var hasKey = false

    /// The greatest number is never used: Noise reserves it for rekeying.
    static let nonceLimit = UInt64.max

    init() {}

    mutating func setKey(_ bytes: UnsafeRawBufferPointer, nonce: UInt64 = 0) {
        key.withMutableBytes { $0.copyMemory(from: bytes) }
        self.nonce = nonce
        hasKey = true
    }

    /// Appends the sealed plaintext to `output`; the plaintext itself while there is no key.
    mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, authenticating header: UnsafeRawBufferPointer = .empty,
        appendingTo output: inout [UInt8]
    ) throws(NoiseError) {
        guard hasKey else { return output.append(contentsOf: plaintext) }
        guard nonce < Self.nonceLimit else { throw .nonceExhausted }
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: plaintext.count + Sodium.tagBytes))
        output.withUnsafeMutableBytes { output in
            withNonce { nonce in
                key.withBytes {
                    Sodium.chaCha20Poly1305.seal(
                        plaintext, authenticating: header, nonce: nonce, key: $0,
                        into: output.part(start..<output.count))
                }
            }
        }
        nonce += 1
    }

    /// The plaintext of a sealed message. An error leaves the nonce unchanged.
    mutating func open(
        _ sealed: UnsafeRawBufferPointer, authenticating header: UnsafeRawBufferPointer = .empty
    ) throws(NoiseError) -> [UInt8] {
        guard hasKey else { return Array(sealed) }
        guard nonce < Self.nonceLimit else { throw .nonceExhausted }
        guard sealed.count >= Sodium.tagBytes else { throw .tooShort }
        var plaintext = [UInt8](repeating: 0, count: sealed.count - Sodium.tagBytes)
        let isGenuine = plaintext.withUnsafeMutableBytes { plaintext in
            withNonce { nonce in
                key.withBytes {
                    Sodium.chaCha20Poly1305.open(
                        sealed, authenticating: header, nonce: nonce, key: $0, into: plaintext)
                }
            }
        }
        guard isGenuine else { throw .tag }
        nonce += 1
        return plaintext
    }

    /// Four zero bytes, then the number, little-endian. Noise requires it, and it is the only place
    /// where the wire is not big-endian.
    private func withNonce<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeTemporaryAllocation(byteCount: 12, alignment: 4) { bytes in
            bytes.storeBytes(of: 0, as: UInt32.self)
            bytes.storeBytes(of: nonce.littleEndian, toByteOffset: 4, as: UInt64.self)
            return body(UnsafeRawBufferPointer(bytes))
        }
    }
}
