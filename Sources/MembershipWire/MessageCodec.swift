/// Converts between messages and their bytes, strictly: every decoded message encodes to the same
/// bytes again.
///
/// Strictness keeps signatures, duplicates and fixtures simple. There is one spelling, so two
/// programs that agree on a message agree on every byte of it, and nothing can hide between the
/// fields. Room for later versions is in item types, not in unused bytes. Specs/Wire.md.
///
/// `MessageCodec+Datagram` has the content of datagrams, `MessageCodec+Stream` that of streams.
package enum MessageCodec {
    /// Appends `count` bytes to `buffer`; bytes that `write` does not set are zero. If `count`
    /// turns out to be too small, `buffer` stays as it was.
    static func append(
        _ count: Int, to buffer: inout [UInt8], _ write: (inout ByteWriter) -> Void
    ) throws(EncodingError) {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: count))
        let fits = buffer.withUnsafeMutableBytes { bytes in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
            write(&writer)
            return !writer.hasOverflowed
        }
        guard fits else {
            buffer.removeLast(count)
            throw .tooLong(bytes: count + 1, limit: count)
        }
    }
}
