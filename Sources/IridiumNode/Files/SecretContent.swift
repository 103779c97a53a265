import IridiumVM

/// What must not be shown, told by its looks.
///
/// Programs and lists of seeds are quoted when they are wrong, line by line. A key file given in their
/// place is all wrong, and its lines are the key; so who quotes a file asks here first. The heads of
/// our files are looked for on every line, and the secret itself, 64 hexadecimal digits, at the start
/// of a line or behind one word: a file that lost its head holds the same secret. No line of a program
/// looks like that, but for a comment that names a digest.
package enum SecretContent {
    private static let heads = ["iridium-key", "iridium-identity"].map { Array($0.utf8) }
    private static let secretDigits = 64

    package static func isLikely(_ bytes: [UInt8]) -> Bool {
        // An image is run or taken apart, and quoted by nobody.
        guard !bytes.starts(with: Image.magic) else { return false }
        return bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).contains { line in
            let words = line.split(maxSplits: 2, whereSeparator: { $0 == 0x20 || $0 == 0x09 })
            guard let first = words.first else { return false }
            // A byte-order mark or a comment's sign before the head changes nothing.
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
