/// Every call into libsodium, in one file.
///
/// No code above this file sees a C pointer, a length that can be wrong or a return code that can
/// be ignored. Sizes are preconditions: callers pass buffers of fixed layouts, never lengths from a
/// network. An operation that can fail for an honest reason (a tag, a signature, a weak point)
/// returns a Bool. Any other failure means a broken installation, and stops the process.
import CSodium

enum Sodium {
    static let tagBytes = 16

    /// Chooses the fastest implementations and checks the source of randomness; once per process.
    private static let started: Void = {
        precondition(sodium_init() >= 0, "libsodium cannot start: no source of randomness")
    }()

    @inline(__always)
    static func start() { _ = started }
}

/// The libsodium that is loaded, which may be newer than the headers of the build.
package enum SodiumVersion {
    package static var text: String { String(cString: sodium_version_string()) }
}

// MARK: Memory

extension Sodium {
    /// Guarded pages that are kept out of core dumps and, if the limit allows, out of swap.
    static func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer {
        start()
        guard let address = sodium_malloc(count) else {
            preconditionFailure("out of memory for \(count) secret bytes")
        }
        return UnsafeMutableRawBufferPointer(start: address, count: count)
    }

    /// Wipes and releases memory from `allocate`. Stops the process if a guard was overwritten.
    static func free(_ memory: UnsafeMutableRawBufferPointer) {
        sodium_free(memory.baseAddress)
    }

    /// Whether the memory is locked. `allocate` tries, but returns no result; locking twice is
    /// harmless.
    static func lock(_ memory: UnsafeMutableRawBufferPointer) -> Bool {
        guard let address = memory.baseAddress else { return true }
        return sodium_mlock(address, memory.count) == 0
    }

    /// Overwrites with zeros; the compiler may not remove it.
    static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
        guard let address = memory.baseAddress else { return }
        sodium_memzero(address, memory.count)
    }

    /// Compares in time that depends on the length alone.
    static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        guard let left = a.baseAddress, let right = b.baseAddress else { return true }
        return sodium_memcmp(left, right, a.count) == 0
    }

    /// Takes time that depends on the length alone.
    static func isZero(_ memory: UnsafeRawBufferPointer) -> Bool {
        sodium_is_zero(memory.octets, memory.count) == 1
    }

    static func fillWithRandom(_ memory: UnsafeMutableRawBufferPointer) {
        start()
        guard let address = memory.baseAddress else { return }
        randombytes_buf(address, memory.count)
    }

    /// Lower-case digits, without a branch or table lookup that depends on the bytes.
    /// `digits` holds two per byte and one terminating zero.
    static func writeHexadecimal(
        of bytes: UnsafeRawBufferPointer, into digits: UnsafeMutableRawBufferPointer
    ) {
        precondition(digits.count == 2 * bytes.count + 1)
        guard let target = digits.baseAddress else { return }
        sodium_bin2hex(
            target.assumingMemoryBound(to: CChar.self), digits.count, bytes.octets, bytes.count)
    }

    /// The reverse. False unless `digits` are exactly two hexadecimal digits for each byte.
    static func readHexadecimal(
        _ digits: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard digits.count == 2 * bytes.count, let source = digits.baseAddress else { return false }
        var written = 0
        let status = sodium_hex2bin(
            bytes.octets, bytes.count, source.assumingMemoryBound(to: CChar.self), digits.count,
            nil, &written, nil)
        return status == 0 && written == bytes.count
    }
}

// MARK: Hashes

extension Sodium {
    /// BLAKE2b of `input`; `output` is 16 to 64 bytes, `key` empty or 16 to 64 bytes.
    static func blake2b(
        _ input: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer = .empty,
        into output: UnsafeMutableRawBufferPointer
    ) {
        start()
        let status = crypto_generichash(
            output.octets, output.count, input.octets, UInt64(input.count), key.octets, key.count)
        precondition(status == 0, "BLAKE2b refused sizes: out \(output.count), key \(key.count)")
    }

    /// SipHash-2-4 under a key of 16 bytes: its first four bytes, in the order of the wire.
    static func siphash32(_ input: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: siphash(input, key: key) >> 32)
    }

    /// SipHash-2-4 under a key of 16 bytes: its eight bytes, read as a big-endian number.
    static func siphash(_ input: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> UInt64 {
        precondition(key.count == crypto_shorthash_KEYBYTES)
        var output: UInt64 = 0
        let status = withUnsafeMutableBytes(of: &output) {
            crypto_shorthash($0.octets, input.octets, UInt64(input.count), key.octets)
        }
        precondition(status == 0, "SipHash failed")
        return UInt64(bigEndian: output)
    }
}

// MARK: Sealing

extension Sodium {
    /// XChaCha20-Poly1305-IETF, with a nonce of 24 bytes: seals frames.
    static let xChaCha20Poly1305 = AEAD(nonceBytes: 24) {
        crypto_aead_xchacha20poly1305_ietf_encrypt($0, nil, $1, $2, $3, $4, nil, $5, $6)
    } decrypt: {
        crypto_aead_xchacha20poly1305_ietf_decrypt($0, nil, nil, $1, $2, $3, $4, $5, $6)
    }
    /// ChaCha20-Poly1305-IETF, with a nonce of 12 bytes: used by Noise.
    static let chaCha20Poly1305 = AEAD(nonceBytes: 12) {
        crypto_aead_chacha20poly1305_ietf_encrypt($0, nil, $1, $2, $3, $4, nil, $5, $6)
    } decrypt: {
        crypto_aead_chacha20poly1305_ietf_decrypt($0, nil, nil, $1, $2, $3, $4, $5, $6)
    }
}

/// One of libsodium's authenticated ciphers, with a tag of 16 bytes after the ciphertext.
struct AEAD: Sendable {
    /// Output, input and its length, header and its length, nonce, key.
    typealias Operation =
        @Sendable (
            UnsafeMutablePointer<UInt8>, UnsafePointer<UInt8>, UInt64, UnsafePointer<UInt8>, UInt64,
            UnsafePointer<UInt8>, UnsafePointer<UInt8>
        ) -> CInt

    let nonceBytes: Int
    fileprivate let encrypt: Operation
    fileprivate let decrypt: Operation
    private static let keyBytes = 32

    /// Writes ciphertext and tag of `plaintext` into `output`, which is 16 bytes longer.
    func seal(
        _ plaintext: UnsafeRawBufferPointer, authenticating header: UnsafeRawBufferPointer,
        nonce: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(nonce.count == nonceBytes && key.count == Self.keyBytes)
        precondition(output.count == plaintext.count + Sodium.tagBytes)
        let status = encrypt(
            output.octets, plaintext.octets, UInt64(plaintext.count),
            header.octets, UInt64(header.count), nonce.octets, key.octets)
        precondition(status == 0, "ChaCha20-Poly1305 refused \(plaintext.count) bytes")
    }

    /// The reverse; false if the tag is wrong, and then `output` has no byte of the message.
    func open(
        _ sealed: UnsafeRawBufferPointer, authenticating header: UnsafeRawBufferPointer,
        nonce: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(nonce.count == nonceBytes && key.count == Self.keyBytes)
        guard sealed.count >= Sodium.tagBytes, output.count == sealed.count - Sodium.tagBytes
        else { return false }
        return decrypt(
            output.octets, sealed.octets, UInt64(sealed.count),
            header.octets, UInt64(header.count), nonce.octets, key.octets) == 0
    }
}

// MARK: Curves

extension Sodium {
    /// Ed25519: the 32-byte public key and libsodium's 64-byte secret key of a 32-byte seed.
    static func makeIdentity(
        seed: UnsafeRawBufferPointer, publicKey: UnsafeMutableRawBufferPointer,
        secretKey: UnsafeMutableRawBufferPointer
    ) {
        start()
        precondition(seed.count == 32 && publicKey.count == 32 && secretKey.count == 64)
        let status = crypto_sign_seed_keypair(publicKey.octets, secretKey.octets, seed.octets)
        precondition(status == 0, "Ed25519 refused a seed")
    }

    static func sign(
        _ text: UnsafeRawBufferPointer, secretKey: UnsafeRawBufferPointer,
        into signature: UnsafeMutableRawBufferPointer
    ) {
        precondition(secretKey.count == 64 && signature.count == 64)
        let status = crypto_sign_detached(
            signature.octets, nil, text.octets, UInt64(text.count), secretKey.octets)
        precondition(status == 0, "Ed25519 cannot sign")
    }

    static func isValid(
        _ signature: UnsafeRawBufferPointer, of text: UnsafeRawBufferPointer,
        publicKey: UnsafeRawBufferPointer
    ) -> Bool {
        guard signature.count == 64, publicKey.count == 32 else { return false }
        return crypto_sign_verify_detached(
            signature.octets, text.octets, UInt64(text.count), publicKey.octets) == 0
    }

    /// X25519: the public key of a secret.
    static func makePublicKey(
        of secretKey: UnsafeRawBufferPointer, into publicKey: UnsafeMutableRawBufferPointer
    ) {
        start()
        precondition(secretKey.count == 32 && publicKey.count == 32)
        let status = crypto_scalarmult_base(publicKey.octets, secretKey.octets)
        precondition(status == 0, "X25519 refused a secret")
    }

    /// X25519: the shared secret of two keys. False for a public key of small order, whose result
    /// is all zero.
    static func agree(
        secretKey: UnsafeRawBufferPointer, publicKey: UnsafeRawBufferPointer,
        into shared: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(secretKey.count == 32 && publicKey.count == 32 && shared.count == 32)
        return crypto_scalarmult(shared.octets, secretKey.octets, publicKey.octets) == 0
    }
}

// MARK: Pointers

extension UnsafeRawBufferPointer {
    static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    fileprivate var octets: UnsafePointer<UInt8> {
        (baseAddress ?? UnsafeRawPointer(nowhere)).assumingMemoryBound(to: UInt8.self)
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate var octets: UnsafeMutablePointer<UInt8> {
        (baseAddress ?? nowhere).assumingMemoryBound(to: UInt8.self)
    }
}

/// The address of an empty buffer: libsodium's headers require an address even for no bytes. Safe
/// to share, because nothing is ever read or written there.
nonisolated(unsafe) private let nowhere = UnsafeMutableRawPointer.allocate(
    byteCount: 1, alignment: 16)
