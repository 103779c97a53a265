/// The file that keeps a named node from announcing a lower incarnation than before its restart.
///
///     iridium-incarnation-2 <decimal number> <check, 8 digits>
///
/// The check is of the number, and the line feed at the end is part of the form. A changed or lost
/// digit is noticed, and not read as another number. Version 1 had no check. It is accepted if it
/// is complete, and replaced when the next number is written, at the start of the node.
///
/// It holds no secret, but follows the rules of the identity file next to it: replaced as a whole,
/// 0600. Unlike the identity it is not essential: the members of the cluster know the last number
/// too.
package import MembershipWire

package enum IncarnationFile {
    private static let kind = "iridium-incarnation"
    private static let longestBytes = 64

    package static func encode(_ incarnation: Incarnation) -> [UInt8] {
        let hash = withUnsafeBytes(of: incarnation.number.bigEndian) {
            Derivation.incarnationFile.number(of: $0)
        }
        return Array("\(kind)-2 \(incarnation.number) \(hexadecimal(hash >> 32, digits: 8))\n".utf8)
    }

    package static func decode(_ bytes: [UInt8]) throws(FileDamage) -> Incarnation {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.starts(with: "\(kind)-".utf8) else { throw .otherKind(expected: kind) }
        let isOld = bytes.starts(with: "\(kind)-1 ".utf8)
        guard isOld || bytes.starts(with: "\(kind)-2 ".utf8) else {
            throw .otherVersion(expected: "2")
        }
        let digits = bytes.dropFirst("\(kind)-2 ".utf8.count).prefix(while: isDigit)
        guard let number = UInt64(String(decoding: digits, as: UTF8.self)),
            let incarnation = Incarnation(number)
        else { throw .malformed }
        // Only the spelling that we would have written is accepted.
        let line = isOld ? Array("\(kind)-1 \(number)\n".utf8) : encode(incarnation)
        guard bytes.count == line.count, bytes.last == line.last else { throw .malformed }
        guard bytes == line else { throw .checkMismatch }
        return incarnation
    }

    /// nil if there is no file.
    package static func read(_ path: String) throws(GuardedFileError) -> Incarnation? {
        try GuardedFile.readPublic(path, atMost: longestBytes, decode: decode)
    }

    /// Writes the number and replaces the existing one.
    package static func replace(
        _ path: String, _ incarnation: Incarnation
    ) throws(GuardedFileError) {
        try GuardedFile.replacePublic(path, content: encode(incarnation))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
