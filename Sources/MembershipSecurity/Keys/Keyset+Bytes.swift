/// A keyset as bytes, for KEYS, for the signature and for the hash. Specs/Wire.md, section 5.4.
///
///     u8 1 ‖ u8 stage ‖ version u64 ‖ author 32 ‖ u8 n ‖ n × key ‖ u8 m ‖ m × (key ‖ until u64)
///     ‖ signature 64
///
/// The bytes are secret: they are written to and read from locked memory, and never copied
/// elsewhere.
package import MembershipWire

extension Keyset {
    /// The type byte of KEYS. The core does not handle this message and never sees what follows.
    package static let messageType: UInt8 = 0x15

    private static let format: UInt8 = 1
    private static let signatureBytes = 64
    private static let labelBytes = 16

    /// KEYS: the type byte, and the keyset unless it is version 0.
    package func makeMessage() -> SecretBytes {
        SecretBytes(count: 1 + (encoded?.count ?? 0)) { message in
            message[0] = Self.messageType
            encoded?.withBytes { message.part(1..<message.count).copyMemory(from: $0) }
        }
    }

    /// The keyset in a KEYS; nil if its sender holds version 0. A receiver accepts a keyset only if
    /// it `isSigned(in:)` its cluster.
    package static func decode(
        message: UnsafeRawBufferPointer
    ) throws(WireError) -> Keyset? {
        guard message.first == messageType else { throw .unknownMessageType }
        guard message.count <= Bounds.keysBytes else { throw .messageTooLong }
        guard message.count > 1 else { return nil }
        return try Keyset(decoding: message.part(1..<message.count))
    }

    /// The same for a record from a stream, which is wiped whatever it contains.
    package static func decode(wiping record: inout [UInt8]) throws(WireError) -> Keyset? {
        defer { record.withUnsafeMutableBytes { Sodium.wipe($0) } }
        return try record.withOctets { (record) throws(WireError) in try decode(message: record) }
    }

    /// From the bytes of `encoded`.
    init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = ByteReader(bytes)
        guard try reader.read(UInt8.self) == Self.format else { throw .unknownKeysetFormat }
        guard let stage = Stage(rawValue: try reader.read()) else { throw .unknownStage }
        let version = try reader.read(UInt64.self)
        guard version > 0, version < Self.versionLimit else { throw .keysetVersionOutOfRange }
        let author = IdentityKey(try reader.read())
        let keyCount = Int(try reader.read(UInt8.self))
        try Parts.check(keyCount: keyCount, stage)
        var keys: [ClusterKey] = []
        for _ in 0..<keyCount { keys.append(try Self.readKey(&reader)) }
        let retiredCount = Int(try reader.read(UInt8.self))
        guard Bounds.retiredKeys.contains(retiredCount) else { throw .badKeyCount }
        var retired: [RetiredKey] = []
        for _ in 0..<retiredCount {
            let key = try Self.readKey(&reader)
            let until = try reader.read(UInt64.self)
            guard until < Self.untilLimit else { throw .retirementOutOfRange }
            retired.append(RetiredKey(key, until: until))
        }
        _ = try reader.readSlice(Self.signatureBytes)
        try reader.finish()
        let parts = Parts(version: version, stage: stage, keys: keys, retired: retired)
        try parts.check()
        try self.init(
            checked: parts, author: author,
            encoded: SecretBytes(count: bytes.count) { $0.copyMemory(from: bytes) })
    }

    private static func readKey(_ reader: inout ByteReader) throws(WireError) -> ClusterKey {
        let bytes = try reader.readSlice(ClusterKey.byteCount).unread
        let secret = SecretBytes(count: bytes.count) { $0.copyMemory(from: bytes) }
        guard let key = ClusterKey(secret) else { throw .truncated }
        return key
    }

    /// Whether its author has signed it, for this cluster. Version 0 has no signature.
    package func isSigned(in cluster: ClusterID) -> Bool {
        guard let author, let encoded else { return false }
        return encoded.withBytes { encoded in
            let end = encoded.count - Self.signatureBytes
            return Self.withSignedText(of: encoded.part(0..<end), in: cluster) { text in
                author.octets.withBytes {
                    Sodium.isValid(
                        encoded.part(end..<encoded.count), of: text, publicKey: $0)
                }
            }
        }
    }

    /// The parts, signed by `author`; throws the fault that a receiver would find.
    init(
        _ parts: Parts, by author: NodeIdentity, in cluster: ClusterID
    ) throws(WireError) {
        let encoded = Self.encode(parts, author: author.publicKey) { body in
            Self.withSignedText(of: body, in: cluster) { author.sign($0) }
        }
        try parts.check()
        try self.init(checked: parts, author: author.publicKey, encoded: encoded)
    }

    /// The parts with a signature that was made earlier: from a file.
    init(_ parts: Parts, author: IdentityKey, signature: Signature) throws(WireError) {
        try parts.check()
        try self.init(
            checked: parts, author: author,
            encoded: Self.encode(parts, author: author) { _ in signature })
    }

    /// The signature for the file, which writes it in digits.
    var signature: Signature? {
        encoded?.withBytes { bytes in
            let signature = bytes.part(bytes.count - Self.signatureBytes..<bytes.count)
            return Signature(Octets64(filling: { $0.copyMemory(from: signature) }))
        }
    }

    private static func encode(
        _ parts: Parts, author: IdentityKey,
        signature: (UnsafeRawBufferPointer) -> Signature
    ) -> SecretBytes {
        let body =
            1 + 1 + 8 + 32 + 1 + ClusterKey.byteCount * parts.keys.count
            + 1 + (ClusterKey.byteCount + 8) * parts.retired.count
        return SecretBytes(count: body + signatureBytes) { memory in
            var writer = SecretWriter(memory)
            writer.write(format)
            writer.write(parts.stage.rawValue)
            writer.write(parts.version)
            author.octets.withBytes { writer.write($0) }
            writer.write(UInt8(truncatingIfNeeded: parts.keys.count))
            for key in parts.keys { key.secret.withBytes { writer.write($0) } }
            writer.write(UInt8(truncatingIfNeeded: parts.retired.count))
            for retired in parts.retired {
                retired.key.secret.withBytes { writer.write($0) }
                writer.write(retired.until)
            }
            let text = UnsafeRawBufferPointer(memory.part(0..<body))
            signature(text).octets.withBytes { writer.write($0) }
        }
    }

    /// The signed text: a label, the cluster, and the keyset up to its signature.
    private static func withSignedText<R>(
        of body: UnsafeRawBufferPointer, in cluster: ClusterID,
        _ use: (UnsafeRawBufferPointer) -> R
    ) -> R {
        var text = SecretMemory(count: labelBytes + 16 + body.count)
        text.withMutableBytes { memory in
            memory.copyBytes(from: Derivation.keyset.rawValue.utf8)
            cluster.octets.withBytes {
                memory.part(labelBytes..<labelBytes + 16).copyMemory(from: $0)
            }
            memory.part(labelBytes + 16..<memory.count).copyMemory(from: body)
        }
        return text.withBytes(use)
    }
}

/// Writes fields one after the other into memory of the right size.
private struct SecretWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private var position = 0

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        memory.part(position..<position + bytes.count).copyMemory(from: bytes)
        position += bytes.count
    }

    mutating func write<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { write($0) }
    }
}
