/// Between messages and their bytes, strictly: what is decoded can be encoded again, and comes out
/// as the same bytes.
///
/// Strictness is what keeps signatures, duplicates and fixtures simple: there is one spelling, so
/// two programs that agree on a message agree on every byte of it, and nothing can hide between the
/// fields. Room for later versions is in item types, not in leftovers. Specs/Wire.md.
///
/// `MessageCodec+Datagram` has what travels in datagrams, `MessageCodec+Stream` what travels in
/// streams.
package enum MessageCodec {
    /// Appends `count` bytes to `buffer`, zeros where `write` writes nothing. Leaves `buffer` as it
    /// was if `count` turns out to be too small.
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
