/// The file by which a restarting node finds its cluster again: the members that it knew.
///
///     iridium-members-1 <line feed>
///     (u16 length ‖ PEERS message as in streams) × any number
///     32 bytes: the hash of everything before
///
/// It holds no secret, but follows the rules of the identity file next to it: replaced as a whole,
/// 0600. The hash reveals damage. The signatures of the records prove that they are true, and the
/// reader checks them. Unlike the identity it is not essential: a damaged file is set aside under
/// another name.
package import MembershipWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

package enum MemberFile {
    private static let content = CheckedContent(kind: "iridium-members", .memberFile)
    /// Longer than any file that is written: as many members as a node can hold.
    private static let longestBytes = 128 << 20

    /// The bytes of a file with these chunks of a peer list.
    package static func encode(_ chunks: [[Item]], total: Int) throws(EncodingError) -> [UInt8] {
        var body: [UInt8] = []
        for (index, items) in chunks.enumerated() {
            let message = try MessageCodec.encode(
                .peers(
                    .init(
                        total: UInt32(clamping: total), index: UInt32(clamping: index),
                        items: items)))
            body.append(bigEndian: UInt16(clamping: message.count))
            body += message
        }
        return content.encode(body)
    }

    /// The records in such bytes. Signatures are not checked.
    package static func decode(_ bytes: [UInt8]) throws(FileDamage) -> [Item] {
        let body = try content.decode(bytes)
        var items: [Item] = []
        var position = 0
        while position < body.count {
            guard position + 2 <= body.count else { throw .malformed }
            let count = Int(body[position]) << 8 | Int(body[position + 1])
            position += 2
            guard count <= body.count - position else { throw .malformed }
            let message = Array(body[position..<position + count])
            position += count
            guard case .peers(let chunk) = try? MessageCodec.decode(stream: message) else {
                throw .malformed
            }
            items += chunk.items
        }
        return items
    }

    /// nil if there is no file.
    package static func read(_ path: String) throws(GuardedFileError) -> [Item]? {
        try GuardedFile.readPublic(path, atMost: longestBytes, decode: decode)
    }

    /// Writes `bytes` and replaces the existing file.
    package static func replace(_ path: String, _ bytes: [UInt8]) throws(GuardedFileError) {
        try GuardedFile.replacePublic(path, content: bytes)
    }

    /// Removes the file, so that the next start begins without it. No error if there is none.
    package static func remove(_ path: String) { unlink(path) }
}
