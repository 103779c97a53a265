/// The state that both sides of a handshake share: a hash of everything said so far, and a chaining
/// key made from all shared secrets so far. Noise revision 34, section 5.2.
///
/// Each message is authenticated with the hash of all messages before it, so a change anywhere
/// makes every later tag wrong.
import MembershipWire

struct NoiseSymmetricState: ~Copyable, Sendable {
    private(set) var hash: Octets64
    private var chainingKey = SecretMemory(count: NoiseHash.hashBytes)
    private var cipher = NoiseCipher()

    init(protocolName: String) {
        let name = Array(protocolName.utf8)
        precondition(name.count <= Octets64.byteCount, "names are padded here, never hashed")
        let padded = name + [UInt8](repeating: 0, count: Octets64.byteCount - name.count)
        hash = Octets64(filling: { $0.copyBytes(from: padded) })
        chainingKey.withMutableBytes { $0.copyBytes(from: padded) }
    }

    mutating func mixHash(_ bytes: UnsafeRawBufferPointer) {
        let before = hash
        hash = Octets64(filling: { output in
            before.withBytes { NoiseHash.hash($0, bytes, into: output) }
        })
    }

    mutating func mixKey(_ material: UnsafeRawBufferPointer) {
        withDerived(2, from: material) { state, outputs in
            state.chainingKey.withMutableBytes { $0.copyMemory(from: outputs.part(0..<64)) }
            state.cipher.setKey(outputs.part(64..<96))
        }
    }

    mutating func mixKeyAndHash(_ material: UnsafeRawBufferPointer) {
        withDerived(3, from: material) { state, outputs in
            state.chainingKey.withMutableBytes { $0.copyMemory(from: outputs.part(0..<64)) }
            state.mixHash(outputs.part(64..<128))
            state.cipher.setKey(outputs.part(128..<160))
        }
    }

    mutating func sealAndHash(
        _ plaintext: UnsafeRawBufferPointer, appendingTo message: inout [UInt8]
    ) throws(NoiseError) {
        let start = message.count
        let before = hash
        try before.withOctets { (header) throws(NoiseError) in
            try cipher.seal(plaintext, authenticating: header, appendingTo: &message)
        }
        message.withUnsafeBytes { mixHash($0.part(start..<$0.count)) }
    }

    mutating func openAndHash(_ sealed: UnsafeRawBufferPointer) throws(NoiseError) -> [UInt8] {
        let before = hash
        let plaintext = try before.withOctets { (header) throws(NoiseError) in
            try cipher.open(sealed, authenticating: header)
        }
        mixHash(sealed)
        return plaintext
    }

    /// Bytes that sealing adds at this point: none while there is no key.
    var tagBytes: Int { cipher.hasKey ? Sodium.tagBytes : 0 }

    /// The keys of both directions: of the initiator's messages and of the responder's.
    mutating func split(
        initiator: inout NoiseCipher, responder: inout NoiseCipher
    ) {
        chainingKey.withBytes { chainingKey in
            withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { outputs in
                defer { Sodium.wipe(outputs) }
                NoiseHash.derive(chainingKey: chainingKey, .empty, into: outputs)
                initiator.setKey(UnsafeRawBufferPointer(outputs.part(0..<32)))
                responder.setKey(UnsafeRawBufferPointer(outputs.part(64..<96)))
            }
        }
    }

    private mutating func withDerived(
        _ count: Int, from material: UnsafeRawBufferPointer,
        _ body: (inout NoiseSymmetricState, UnsafeRawBufferPointer) -> Void
    ) {
        let bytes = count * NoiseHash.hashBytes
        withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 16) { outputs in
            defer { Sodium.wipe(outputs) }
            chainingKey.withBytes {
                NoiseHash.derive(chainingKey: $0, material, into: outputs)
            }
            body(&self, UnsafeRawBufferPointer(outputs))
        }
    }
}

extension Octets64 {
    /// `withBytes` for a closure with a typed throw.
    fileprivate func withOctets<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try withUnsafeBytes(of: self, body)
    }
}
