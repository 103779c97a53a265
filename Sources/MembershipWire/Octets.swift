/// Fixed-size byte strings without a heap allocation.
///
/// Keys, hashes and signatures have a fixed size, so they are words on the stack: cheap to copy,
/// compare and hash, and never of a wrong length. Order is byte order.
package protocol Octets: Hashable, Comparable, Sendable {
    /// The size in bytes; a multiple of 8.
    static var byteCount: Int { get }
    /// All bytes zero.
    init()
}

/// 16 bytes.
package struct Octets16: Octets {
    package static var byteCount: Int { 16 }
    private var words: (UInt64, UInt64) = (0, 0)

    package init() {}

    package static func == (a: Self, b: Self) -> Bool { a.words == b.words }
    package static func < (a: Self, b: Self) -> Bool { a.precedes(b) }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

/// 32 bytes.
package struct Octets32: Octets {
    package static var byteCount: Int { 32 }
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    package init() {}

    package static func == (a: Self, b: Self) -> Bool { a.words == b.words }
    package static func < (a: Self, b: Self) -> Bool { a.precedes(b) }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// 64 bytes.
package struct Octets64: Octets {
    package static var byteCount: Int { 64 }
    private var low = Octets32()
    private var high = Octets32()

    package init() {}

    package static func == (a: Self, b: Self) -> Bool { a.low == b.low && a.high == b.high }
    package static func < (a: Self, b: Self) -> Bool { a.precedes(b) }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(low)
        hasher.combine(high)
    }
}

extension Octets {
    /// Copies exactly `byteCount` bytes; nil for any other length.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init()
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: bytes) }
    }

    /// All bytes the same: for fixtures and tests.
    package init(repeating byte: UInt8) {
        self.init()
        withUnsafeMutableBytes(of: &self) { for index in $0.indices { $0[index] = byte } }
    }

    /// Writes the bytes in place, for an API that fills a buffer.
    package init(filling fill: (UnsafeMutableRawBufferPointer) -> Void) {
        self.init()
        withUnsafeMutableBytes(of: &self) { fill($0) }
    }

    /// The bytes, valid for the length of the call.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withUnsafeBytes(of: self) { try body($0) }
    }

    /// A copy as an array.
    package var bytes: [UInt8] { withBytes { Array($0) } }

    /// The first eight bytes, big-endian: the part of a hash that travels.
    package var prefix: UInt64 {
        withBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    fileprivate func precedes(_ other: Self) -> Bool {
        withBytes { mine in other.withBytes { theirs in mine.lexicographicallyPrecedes(theirs) } }
    }
}
