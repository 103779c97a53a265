/// Writes fields into a range of bytes whose size was computed beforehand.
///
/// Every encoder knows the length of its result, so the storage grows once and the fields are
/// copied in one after the other. A write that does not fit is left out and remembered in
/// `hasOverflowed`. A wrong size is our own error, and still no reason to trap. All numbers are
/// big-endian.
package struct ByteWriter {
    private let target: UnsafeMutableRawBufferPointer
    /// Bytes written so far.
    package private(set) var position = 0
    /// Whether a write was left out.
    package private(set) var hasOverflowed = false

    /// Writes into `target`, which must outlive the writer.
    package init(_ target: UnsafeMutableRawBufferPointer) {
        self.target = target
    }

    package mutating func write<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        guard let place = reserve(MemoryLayout<Number>.size) else { return }
        place.storeBytes(of: number.bigEndian, as: Number.self)
    }

    package mutating func write(_ octets: some Octets) {
        octets.withBytes { write($0) }
    }

    package mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, let place = reserve(bytes.count) else { return }
        place.copyMemory(from: source, byteCount: bytes.count)
    }

    private mutating func reserve(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count <= target.count - position, let base = target.baseAddress else {
            hasOverflowed = true
            return nil
        }
        defer { position += count }
        return base + position
    }
}
