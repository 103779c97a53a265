/// Cuts a stream of bytes into lines of bounded length.
///
/// Bytes go in as they arrive; whole lines come out without their line end (`\n` or `\r\n`). A line
/// longer than the bound is an error, and so is everything after it, because the sender does not
/// use our protocol.
package struct LineSplitter: Sendable {
    /// A line that does not end within the bound.
    package struct TooLong: Error, Equatable, Sendable {
        package let limit: Int
    }

    private let limit: Int
    private var pending: [UInt8] = []
    private var isBroken = false

    /// `limit`: bytes in a line, its end not counted.
    package init(limit: Int) { self.limit = limit }

    /// Takes bytes that arrived; returns the lines that ended.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [[UInt8]] {
        guard !isBroken else { throw TooLong(limit: limit) }
        var lines: [[UInt8]] = []
        for byte in bytes {
            guard byte != UInt8(ascii: "\n") else {
                if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
                lines.append(pending)
                pending.removeAll(keepingCapacity: true)
                continue
            }
            pending.append(byte)
            // One byte more than the bound may be waiting: it could be the carriage return.
            guard pending.count <= limit + 1 else {
                isBroken = true
                pending = []
                throw TooLong(limit: limit)
            }
        }
        return lines
    }

    /// The rest when the stream ends: a last line without a line end, or nil.
    package mutating func finish() -> [UInt8]? {
        guard !isBroken, !pending.isEmpty else { return nil }
        defer { pending = [] }
        return pending
    }
}
