/// The file by which a named node never announces itself below what it said before a restart.
///
///     iridium-incarnation-1 <decimal number>
///
/// No secret, but read and written by the same rules as the identity beside it: whole or not at all.
/// Other than the identity it can be done without: the members of the cluster know the last one, too.
package import MembershipWire

package enum IncarnationFile {
    private static let kind = "iridium-incarnation-"
    private static let prefix = kind + "1 "

    /// nil if there is no file.
    package static func read(_ path: String) throws(SecretFileError) -> Incarnation? {
        do throws(SecretFileError) {
            return try SecretFile.read(path) { (content) throws(FileDamage) in
                try decode(content)
            }
        } catch {
            guard error == .missing(path: path) else { throw error }
            return nil
        }
    }

    /// Writes the number in place of the one that is there.
    package static func replace(
        _ path: String, _ incarnation: Incarnation
    ) throws(SecretFileError) {
        let line = Array("\(prefix)\(incarnation.number)\n".utf8)
        try SecretFile.replace(path, content: SecretBytes(copying: line))
    }

    private static func decode(
        _ content: UnsafeRawBufferPointer
    ) throws(FileDamage) -> Incarnation {
        guard content.starts(with: kind.utf8) else {
            throw .otherKind(expected: "iridium-incarnation")
        }
        guard content.starts(with: prefix.utf8) else { throw .otherVersion(expected: "1") }
        var digits = content.dropFirst(prefix.utf8.count)
        if digits.last == UInt8(ascii: "\n") { digits = digits.dropLast() }
        // One spelling: no sign, no leading zeros.
        let text = String(decoding: digits, as: UTF8.self)
        guard let number = UInt64(text), String(number) == text,
            let incarnation = Incarnation(number)
        else { throw .malformed }
        return incarnation
    }
}
