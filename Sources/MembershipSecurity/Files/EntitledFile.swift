/// The file that tells a named node after a restart which members may fetch new keys by a retired
/// key.
///
///     iridium-entitled-1 <line feed>
///     (node id u64 ‖ until u64) × any number, strictly ascending by id
///     32 bytes: the hash of everything before
///
/// It holds no secret, but follows the rules of the identity file next to it: replaced as a whole,
/// 0600.
package import MembershipWire

package enum EntitledFile {
    private static let content = CheckedContent(kind: "iridium-entitled", .entitledFile)
    private static let rowBytes = 16
    private static let longestBytes = content.overheadBytes + rowBytes * Bounds.entitled

    package static func encode(_ entitled: [NodeID: UInt64]) -> [UInt8] {
        var body: [UInt8] = []
        for (id, until) in entitled.sorted(by: { $0.key < $1.key }) {
            body.append(bigEndian: id.value)
            body.append(bigEndian: until)
        }
        return content.encode(body)
    }

    package static func decode(_ bytes: [UInt8]) throws(FileDamage) -> [NodeID: UInt64] {
        let body = try content.decode(bytes, rowBytes: rowBytes)
        var entitled: [NodeID: UInt64] = [:]
        var last: NodeID?
        try body.withOctets { (body) throws(FileDamage) in
            for start in stride(from: 0, to: body.count, by: rowBytes) {
                let id = NodeID(body.load(bigEndianAt: start))
                if let last, last >= id { throw .malformed }
                last = id
                entitled[id] = body.load(bigEndianAt: start + 8)
            }
        }
        return entitled
    }

    /// nil if there is no file.
    package static func read(_ path: String) throws(GuardedFileError) -> [NodeID: UInt64]? {
        try GuardedFile.readPublic(path, atMost: longestBytes, decode: decode)
    }

    package static func replace(
        _ path: String, _ entitled: [NodeID: UInt64]
    ) throws(GuardedFileError) {
        try GuardedFile.replacePublic(path, content: encode(entitled))
    }
}
