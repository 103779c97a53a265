/// The file by which a named node still knows after a restart who may fetch new keys by a retired one.
///
///     iridium-entitled-1 <line feed>
///     (node id u64 ‖ until u64) × any number, strictly ascending by id
///     32 bytes: the hash of all before
///
/// No secret, but written by the same rules as the identity beside it: whole or not at all, 0600.
package import MembershipWire

package enum EntitledFile {
    private static let head = Array("iridium-entitled-1\n".utf8)
    private static let hashBytes = 32
    private static let rowBytes = 16
    private static let longestBytes = head.count + rowBytes * Bounds.entitled + hashBytes

    package static func encode(_ entitled: [NodeID: UInt64]) -> [UInt8] {
        var bytes = head
        for (id, until) in entitled.sorted(by: { $0.key < $1.key }) {
            bytes.append(bigEndian: id.value)
            bytes.append(bigEndian: until)
        }
        return bytes + hash(of: bytes)
    }

    package static func decode(_ bytes: [UInt8]) throws(FileDamage) -> [NodeID: UInt64] {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.starts(with: head) else { throw .otherKind(expected: "iridium-entitled") }
        let rows = bytes.count - head.count - hashBytes
        guard rows >= 0, rows.isMultiple(of: rowBytes) else { throw .malformed }
        let end = bytes.count - hashBytes
        guard Array(bytes[end...]) == hash(of: Array(bytes[..<end])) else { throw .checkMismatch }
        var entitled: [NodeID: UInt64] = [:]
        var last: NodeID?
        try bytes.withOctets { (bytes) throws(FileDamage) in
            for start in stride(from: head.count, to: end, by: rowBytes) {
                let id = NodeID(bytes.load(bigEndianAt: start))
                if let last, last >= id { throw .malformed }
                last = id
                entitled[id] = bytes.load(bigEndianAt: start + 8)
            }
        }
        return entitled
    }

    /// nil if there is no file.
    package static func read(_ path: String) throws(SecretFileError) -> [NodeID: UInt64]? {
        try SecretFile.readPlain(path, atMost: longestBytes, decode: decode)
    }

    package static func replace(
        _ path: String, _ entitled: [NodeID: UInt64]
    ) throws(SecretFileError) {
        try SecretFile.replacePlain(path, content: encode(entitled))
    }

    private static func hash(of bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { Derivation.entitledFile.octets($0, as: Octets32.self) }.bytes
    }
}
