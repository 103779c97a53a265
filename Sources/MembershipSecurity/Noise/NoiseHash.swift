/// BLAKE2b-512, its HMAC and the key derivation of Noise. Revision 34, section 4.3.
enum NoiseHash {
    static let hashBytes = 64
    private static let blockBytes = 128

    /// The hash of two concatenated buffers. `output` may be one of them.
    static func hash(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer = .empty,
        into output: UnsafeMutableRawBufferPointer
    ) {
        let count = first.count + second.count
        withUnsafeTemporaryAllocation(byteCount: max(count, 1), alignment: 16) { scratch in
            defer { Sodium.wipe(scratch) }
            scratch.part(0..<first.count).copyMemory(from: first)
            scratch.part(first.count..<count).copyMemory(from: second)
            Sodium.blake2b(UnsafeRawBufferPointer(scratch.part(0..<count)), into: output)
        }
    }

    /// HMAC (RFC 2104) with a key of one hash or less. `output` may be the key.
    static func hmac(
        key: UnsafeRawBufferPointer, _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = .empty, into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(key.count <= hashBytes)
        let innerBytes = blockBytes + first.count + second.count
        let outerBytes = blockBytes + hashBytes
        withUnsafeTemporaryAllocation(byteCount: innerBytes + outerBytes, alignment: 16) {
            scratch in
            defer { Sodium.wipe(scratch) }
            let inner = scratch.part(0..<innerBytes)
            let outer = scratch.part(innerBytes..<innerBytes + outerBytes)
            for index in 0..<blockBytes {
                let byte = index < key.count ? key[index] : 0
                inner[index] = byte ^ 0x36
                outer[index] = byte ^ 0x5C
            }
            let middle = blockBytes + first.count
            inner.part(blockBytes..<middle).copyMemory(from: first)
            inner.part(middle..<innerBytes).copyMemory(from: second)
            Sodium.blake2b(
                UnsafeRawBufferPointer(inner), into: outer.part(blockBytes..<outerBytes))
            Sodium.blake2b(UnsafeRawBufferPointer(outer), into: output)
        }
    }

    /// HKDF: two or three outputs of 64 bytes each, as many as `outputs` has room for.
    static func derive(
        chainingKey: UnsafeRawBufferPointer, _ material: UnsafeRawBufferPointer,
        into outputs: UnsafeMutableRawBufferPointer
    ) {
        precondition(outputs.count == 2 * hashBytes || outputs.count == 3 * hashBytes)
        withUnsafeTemporaryAllocation(byteCount: hashBytes, alignment: 16) { temporary in
            defer { Sodium.wipe(temporary) }
            hmac(key: chainingKey, material, into: temporary)
            let key = UnsafeRawBufferPointer(temporary)
            var previous = UnsafeRawBufferPointer.empty
            for index in 0..<outputs.count / hashBytes {
                let output = outputs.part(index * hashBytes..<(index + 1) * hashBytes)
                withUnsafeBytes(of: UInt8(index + 1)) {
                    hmac(key: key, previous, $0, into: output)
                }
                previous = UnsafeRawBufferPointer(output)
            }
        }
    }
}
