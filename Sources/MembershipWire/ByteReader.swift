/// Reads fields off the front of received bytes.
///
/// Every read first compares what it needs with what remains, so a length that lies costs an error
/// and not a trap, and nothing is allocated before its bytes are known to be there. All numbers are
/// big-endian.
///
/// Borrows the bytes: a reader must not outlive the call that was given them.
package struct ByteReader {
    private var next: UnsafeRawPointer?
    /// Bytes not yet read.
    package private(set) var remaining: Int

    package init(_ bytes: UnsafeRawBufferPointer) {
        next = bytes.baseAddress
        remaining = bytes.count
    }

    /// The number that comes next.
    package mutating func read<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type = Number.self
    ) throws(WireError) -> Number {
        Number(bigEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }

    /// The fixed-size bytes that come next.
    package mutating func read<Fixed: Octets>(_: Fixed.Type = Fixed.self) throws(WireError) -> Fixed
    {
        let source = try take(Fixed.byteCount)
        return Fixed(filling: {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Fixed.byteCount))
        })
    }

    /// The next `count` bytes, copied.
    package mutating func readBytes(_ count: Int) throws(WireError) -> [UInt8] {
        Array(try readSlice(count).unread)
    }

    /// The next `count` bytes as a separate reader.
    package mutating func readSlice(_ count: Int) throws(WireError) -> ByteReader {
        guard count != 0 else { return ByteReader(UnsafeRawBufferPointer(start: next, count: 0)) }
        return ByteReader(UnsafeRawBufferPointer(start: try take(count), count: count))
    }

    /// Reads one byte; throws `reason` unless it is zero.
    package mutating func readZero(or reason: WireError) throws(WireError) {
        guard try read(UInt8.self) == 0 else { throw reason }
    }

    /// The number that comes next, without reading it.
    package func peek() -> UInt8? {
        remaining > 0 ? next?.load(as: UInt8.self) : nil
    }

    /// The bytes not read yet, without reading them.
    package var unread: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: next, count: remaining)
    }

    /// Throws unless everything has been read.
    package func finish() throws(WireError) {
        guard remaining == 0 else { throw .trailingBytes }
    }

    /// Throws `reason` unless everything that remains is zero.
    package func finishWithZeros(or reason: WireError) throws(WireError) {
        guard unread.allSatisfy({ $0 == 0 }) else { throw reason }
    }

    private mutating func take(_ count: Int) throws(WireError) -> UnsafeRawPointer {
        guard count >= 0, count <= remaining, let taken = next else { throw .truncated }
        next = taken + count
        remaining -= count
        return taken
    }
}
