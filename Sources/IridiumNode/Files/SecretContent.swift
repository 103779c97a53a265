import IridiumVM

/// Detects content that looks like key material and must not be displayed.
///
/// Errors in programs and lists of seeds quote the file, line by line. A key file given in their
/// place is wrong in every line, and its lines are the key. So code that quotes a file checks here
/// first. It searches every line for the heads of our files, and for the secret itself, 64
/// hexadecimal digits, at the start of a line or after one word: a file that lost its head holds
/// the same secret. No line of a program looks like that, except a comment that names a digest.
package enum SecretContent {
    private static let heads = ["iridium-key", "iridium-identity"].map { Array($0.utf8) }
    private static let secretDigits = 64

    package static func isLikely(_ bytes: [UInt8]) -> Bool {
        // An image is run or disassembled, and never quoted.
        guard !bytes.starts(with: Image.magic) else { return false }
        return bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).contains { line in
            let words = line.split(maxSplits: 2, whereSeparator: { $0 == 0x20 || $0 == 0x09 })
            guard let first = words.first else { return false }
            // A byte-order mark or a comment sign before the head changes nothing.
            let head = first.drop { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            if heads.contains(where: { head.starts(with: $0) }) { return true }
            return first.first != UInt8(ascii: ";") && words.prefix(2).contains(where: isSecret)
        }
    }

    private static func isSecret(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= secretDigits
            && word.allSatisfy {
                switch $0 {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                    UInt8(ascii: "A")...UInt8(ascii: "F"):
                    true
                default: false
                }
            }
    }
}
