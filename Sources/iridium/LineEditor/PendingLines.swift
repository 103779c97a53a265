/// Bytes as they come, lines as they are wanted.
///
/// Of a line that is too long the start is delivered, so that its reader can say so, and the rest is
/// dropped up to the line feed: what stood at the end of a line is not the next one.
struct PendingLines {
    private static let lineFeed = UInt8(ascii: "\n")

    private let longest: Int
    private var bytes: [UInt8] = []
    /// There is no line feed before this place.
    private var searched = 0
    /// Whether what comes belongs to a line whose start was delivered already.
    private var isInRest = false

    /// `longest`: bytes after which a line without an end is delivered as it is.
    init(longest: Int) { self.longest = longest }

    mutating func feed(_ more: [UInt8]) {
        guard isInRest else {
            bytes += more
            return
        }
        guard let end = more.firstIndex(of: Self.lineFeed) else { return }
        isInRest = false
        bytes += more[(end + 1)...]
    }

    /// Forgets what has come.
    mutating func clear() { self = PendingLines(longest: longest) }

    /// The next line, without its end; nil where more must come first. `isAtEnd`: nothing will.
    mutating func next(isAtEnd: Bool) -> String? {
        if let end = bytes[searched...].firstIndex(of: Self.lineFeed) {
            return take(end, andSkip: 1)
        }
        searched = bytes.count
        guard bytes.count >= longest || isAtEnd && !bytes.isEmpty else { return nil }
        isInRest = true
        return take(bytes.count, andSkip: 0)
    }

    private mutating func take(_ count: Int, andSkip skipped: Int) -> String {
        var line = bytes[..<count]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        let text = String(decoding: line, as: UTF8.self)
        bytes.removeSubrange(..<(count + skipped))
        searched = 0
        return text
    }
}
