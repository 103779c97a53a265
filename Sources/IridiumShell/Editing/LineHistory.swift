/// The lines typed before, across sessions: for the up key and for Ctrl-R.
///
/// A line equal to the one before is kept once. The file has one line per entry. Reading it leaves
/// out lines that could not be displayed.
package struct LineHistory: Equatable, Sendable {
    /// Number of lines kept; the oldest is dropped first.
    package static let longest = 1_000
    /// A longer line is not kept.
    package static let longestLine = 4_096

    /// Oldest first.
    package private(set) var lines: [String] = []

    package init() {}

    /// Reads a history file; bytes that are not UTF-8 become U+FFFD.
    package init(file bytes: some Sequence<UInt8>) {
        for line in Array(bytes).split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line, as: UTF8.self)
            var shown = String.UnicodeScalarView()
            shown.append(contentsOf: text.unicodeScalars.filter { !TextWidth.isInvisible($0) })
            add(String(shown))
        }
    }

    /// The whole file.
    package var file: String { lines.map { $0 + "\n" }.joined() }

    /// Adds a line. Returns false if it is blank, too long, or the same as the last.
    @discardableResult
    package mutating func add(_ line: String) -> Bool {
        guard line.contains(where: { !$0.isWhitespace }), line.utf8.count <= Self.longestLine,
            lines.last != line
        else { return false }
        if lines.count >= Self.longest { lines.removeFirst() }
        lines.append(line)
        return true
    }

    /// The newest line before `index` that contains `text`.
    func match(_ text: String, before index: Int) -> Int? {
        guard !text.isEmpty else { return nil }
        return lines.indices.prefix(max(0, index)).last { lines[$0].contains(text) }
    }
}
