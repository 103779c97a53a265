/// Collects bytes as they arrive and delivers lines on request.
///
/// If a line is too long, its beginning is delivered, so that the reader can report it. The rest is
/// dropped up to the line feed, because the end of a long line is not a new line.
struct PendingLines {
    private static let lineFeed = UInt8(ascii: "\n")

    private let longest: Int
    private var bytes: [UInt8] = []
    /// There is no line feed before this place.
    private var searched = 0
    /// Whether the next bytes belong to a line whose beginning was already delivered.
    private var isInRest = false

    /// `longest`: number of bytes after which a line without an end is delivered as it is.
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

    /// Drops all bytes.
    mutating func clear() { self = PendingLines(longest: longest) }

    /// The next line, without its end; nil if more bytes are needed. `isAtEnd`: no more will come.
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
