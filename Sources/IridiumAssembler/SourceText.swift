/// A source as bytes, with the line and column of each.
struct SourceText {
    let bytes: [UInt8]
    /// Offsets of the line starts; the first is 0.
    private let lineStarts: [Int]

    /// Longest piece of a line shown in a diagnostic, in bytes.
    private static let longestExcerpt = 240

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        for offset in bytes.indices where bytes[offset] == Ascii.lineFeed {
            starts.append(offset + 1)
        }
        lineStarts = starts
    }

    /// Line and column of a byte, both from 1. Columns count characters as Unicode scalars.
    func position(of offset: Int) -> (line: Int, column: Int) {
        let line = lineNumber(of: offset)
        let before = bytes[lineStarts[line]..<min(offset, bytes.count)]
        // A scalar has exactly one byte that is not a continuation byte.
        return (line + 1, before.count { $0 & 0xC0 != 0x80 } + 1)
    }

    /// The line that contains a byte, without its line end and cut if it is very long.
    func line(at offset: Int) -> String {
        let line = lineNumber(of: offset)
        let start = lineStarts[line]
        let end = line + 1 < lineStarts.count ? lineStarts[line + 1] - 1 : bytes.count
        var content = bytes[start..<max(start, end)].prefix(Self.longestExcerpt)
        while content.last == Ascii.carriageReturn { content.removeLast() }
        return String(decoding: content, as: UTF8.self)
    }

    /// The text of a range.
    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range.clamped(to: bytes.indices)], as: UTF8.self)
    }

    private func lineNumber(of offset: Int) -> Int {
        // The last line that starts at or before the offset, by bisection.
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}

/// The bytes that have a meaning in the language.
enum Ascii {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let numberSign: UInt8 = 0x23
    static let dollar: UInt8 = 0x24
    static let quote: UInt8 = 0x27
    static let minus: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let at: UInt8 = 0x40

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == space || byte == tab || byte == lineFeed || byte == carriageReturn
    }
}
