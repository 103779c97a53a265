/// A keyset as the lines of a key file. Specs/Wire.md, section 9.
///
///     iridium-key-1 <key> <fingerprint>                            the one that seals
///     accepted <key> <fingerprint>
///     retired <key> <fingerprint> <until>
///     keyset <version> <stage> <author> <signature> <check>
///
/// Version 0 is the first line alone, as in files from before keys could be rotated. There is one
/// spelling: the content is written again and compared, so no reader must look for strange spaces.
import MembershipWire

enum KeysetText {
    private static let line = SecretLine(kind: "iridium-key")
    private static let lineFeed = UInt8(ascii: "\n")

    static func encode(_ keyset: Keyset) -> SecretBytes {
        let first = line.encode(
            keyset.keyring.primary.secret, check: keyset.keyring.primary.fingerprint)
        guard let author = keyset.author, let signature = keyset.signature else { return first }
        let accepted = keyset.keyring.keys.dropFirst().map { encode("accepted", $0, "") }
        let retired = keyset.retired.map { encode("retired", $0.key, " \($0.until)") }
        let last =
            "keyset \(keyset.version) \(keyset.stage) \(hexadecimal(author.octets.bytes)) "
            + "\(hexadecimal(signature.octets.bytes)) \(hexadecimal(UInt64(keyset.keyringHash), digits: 8))\n"
        let parts = [first] + accepted + retired + [SecretBytes(copying: Array(last.utf8))]
        return SecretBytes(count: parts.reduce(0) { $0 + $1.count }) { text in
            var position = 0
            for part in parts {
                part.withBytes { text.part(position..<position + $0.count).copyMemory(from: $0) }
                position += part.count
            }
        }
    }

    static func decode(_ content: UnsafeRawBufferPointer) throws(FileDamage) -> Keyset {
        let lines = split(content)
        guard let first = lines.first else { throw .empty }
        let primary = try line.decode(first) { secret in
            ClusterKey(secret).map { ($0, $0.fingerprint) }
        }
        guard lines.count > 1, let last = lines.last else { return Keyset(primary) }
        var parts = Keyset.Parts(version: 0, stage: .settled, keys: [primary], retired: [])
        for line in lines.dropFirst().dropLast() { try read(line, into: &parts) }
        let keyset = try finish(parts, String(decoding: last, as: UTF8.self))
        let isCanonical = encode(keyset).withBytes { Sodium.areEqual($0, content) }
        guard isCanonical else { throw .malformed }
        return keyset
    }

    /// Each line with its line feed.
    private static func split(_ content: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        var lines: [UnsafeRawBufferPointer] = []
        var start = 0
        while start < content.count {
            let end = content[start...].firstIndex(of: lineFeed).map { $0 + 1 } ?? content.count
            lines.append(content.part(start..<end))
            start = end
        }
        return lines
    }

    /// `accepted` or `retired`.
    private static func read(
        _ line: UnsafeRawBufferPointer, into parts: inout Keyset.Parts
    ) throws(FileDamage) {
        guard line.starts(with: "retired ".utf8) else {
            guard line.starts(with: "accepted ".utf8) else { throw .malformed }
            return parts.keys.append(try readKey(line.part("accepted ".utf8.count..<line.count)))
        }
        let rest = line.part("retired ".utf8.count..<line.count)
        let key = try readKey(rest)
        // The text after the key is not secret.
        let words = String(decoding: rest.dropFirst(2 * ClusterKey.byteCount), as: UTF8.self)
            .split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let until = UInt64(words[1]) else { throw .malformed }
        parts.retired.append(.init(key, until: until))
    }

    /// The key whose digits come first, and the fingerprint after it, which must match.
    private static func readKey(
        _ words: UnsafeRawBufferPointer
    ) throws(FileDamage) -> ClusterKey {
        let digits = 2 * ClusterKey.byteCount
        guard words.count >= digits + 9 else { throw .malformed }
        let secret = try SecretBytes(count: ClusterKey.byteCount) { (output) throws(FileDamage) in
            guard Sodium.readHexadecimal(words.part(0..<digits), into: output) else {
                throw .malformed
            }
        }
        guard let key = ClusterKey(secret) else { throw .malformed }
        guard words.part(digits + 1..<digits + 9).elementsEqual(key.fingerprint.utf8) else {
            throw .checkMismatch
        }
        return key
    }

    /// The last line names the author, and its check shows that no key was changed.
    private static func finish(
        _ parts: Keyset.Parts, _ line: String
    ) throws(FileDamage) -> Keyset {
        let words = line.split { $0 == " " || $0 == "\n" }
        guard words.count == 6, words[0] == "keyset", let version = UInt64(words[1]),
            let stage = Keyset.Stage.allCases.first(where: { "\($0)" == words[2] }),
            let author = octets(words[3], as: Octets32.self),
            let signature = octets(words[4], as: Octets64.self)
        else { throw .malformed }
        var parts = parts
        parts.version = version
        parts.stage = stage
        let keyset: Keyset
        do throws(WireError) {
            keyset = try Keyset(
                parts, author: IdentityKey(author), signature: Signature(signature))
        } catch {
            throw .malformed
        }
        guard hexadecimal(UInt64(keyset.keyringHash), digits: 8) == words[5] else {
            throw .checkMismatch
        }
        return keyset
    }

    private static func encode(_ kind: String, _ key: ClusterKey, _ suffix: String) -> SecretBytes {
        let prefix = Array("\(kind) ".utf8)
        let rest = Array(" \(key.fingerprint)\(suffix)\n".utf8)
        let digits = 2 * key.secret.count
        return SecretBytes(count: prefix.count + digits + rest.count) { line in
            line.copyBytes(from: prefix)
            key.secret.withBytes { secret in
                // One byte more than the digits, for the zero that the rest then overwrites.
                let room = line.part(prefix.count..<prefix.count + digits + 1)
                Sodium.writeHexadecimal(of: secret, into: room)
            }
            line.part(prefix.count + digits..<line.count).copyBytes(from: rest)
        }
    }

    private static func octets<T: Octets>(_ digits: Substring, as type: T.Type) -> T? {
        let digits = Array(digits.utf8)
        var bytes = [UInt8](repeating: 0, count: T.byteCount)
        let isRead = digits.withUnsafeBytes { digits in
            bytes.withUnsafeMutableBytes { Sodium.readHexadecimal(digits, into: $0) }
        }
        return isRead ? T(bytes: bytes) : nil
    }
}
