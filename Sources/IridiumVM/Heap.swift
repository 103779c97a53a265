/// The heap: a length, and bytes that read as zero until they are written.
///
/// Storage follows the writes, not the length. A program that allocates 64 MiB and touches one word
/// costs one word's worth, and a program that grows and shrinks the heap in a loop costs no
/// clearing. For that, each 4 KiB page remembers whether it was written. Shrinking clears only
/// those pages, so the writes before it have paid for its work.
///
/// Invariant: a stored byte at or past `length` is zero; `pageIsWritten` covers `stored`.
struct Heap: Sendable {
    /// Bytes the program may use.
    private(set) var length = Limits.initialHeapBytes
    /// The bytes written so far and those below them; the rest is zero.
    var stored: [UInt8] = []
    /// One byte a page of `stored`: 1 if the page may hold something other than zero.
    var pageIsWritten: [UInt8] = []

    static let pageShift = 12
    private static let pageBytes = 1 << pageShift

    /// Addresses below this can be read and written in place.
    var directBytes: Int { min(length, stored.count) }

    /// Grows (or, with a negative amount, shrinks) the heap, to at most `limit` bytes.
    mutating func resize(by amount: Int, limit: Int) throws(HeapFault) {
        let newLength = length + amount
        guard newLength >= 0 else { throw .negativeLength(newLength) }
        guard newLength <= max(limit, length) else { throw .tooLong(newLength) }
        if newLength < length { clear(from: newLength) }
        length = newLength
    }

    /// The little-endian word at `address`; nil if any of its bytes is outside the heap.
    func word(at address: Int) -> Int32? {
        guard contains(wordAt: address) else { return nil }
        var bits: UInt32 = 0
        for index in (0..<4).reversed() {
            let byte = address + index < stored.count ? stored[address + index] : 0
            bits = bits << 8 | UInt32(byte)
        }
        return Int32(bitPattern: bits)
    }

    /// Stores a little-endian word. Returns false, and stores nothing, if it does not fit.
    mutating func setWord(_ value: Int32, at address: Int) -> Bool {
        guard contains(wordAt: address) else { return false }
        let bits = UInt32(bitPattern: value)
        for index in 0..<4 {
            store(UInt8(truncatingIfNeeded: bits >> UInt32(8 * index)), at: address + index)
        }
        return true
    }

    /// The byte at `address`; nil outside the heap.
    func byte(at address: Int) -> UInt8? {
        guard address >= 0, address < length else { return nil }
        return address < stored.count ? stored[address] : 0
    }

    /// Stores one byte. Returns false if `address` is outside the heap.
    mutating func setByte(_ value: UInt8, at address: Int) -> Bool {
        guard address >= 0, address < length else { return false }
        store(value, at: address)
        return true
    }

    /// The bytes that are not zero, by address.
    var nonzero: [(address: Int, byte: UInt8)] {
        var result: [(address: Int, byte: UInt8)] = []
        for page in pageIsWritten.indices where pageIsWritten[page] != 0 {
            let start = page << Self.pageShift
            for address in start..<min(start + Self.pageBytes, stored.count)
            where stored[address] != 0 {
                result.append((address, stored[address]))
            }
        }
        return result
    }

    private func contains(wordAt address: Int) -> Bool {
        address >= 0 && address <= length - 4
    }

    /// - Precondition: `address` is inside the heap.
    private mutating func store(_ value: UInt8, at address: Int) {
        if address >= stored.count {
            let pages = (address >> Self.pageShift) + 1
            // Whole arrays: their filling and copying is fast in debug builds too.
            stored += [UInt8](repeating: 0, count: pages * Self.pageBytes - stored.count)
            pageIsWritten += [UInt8](repeating: 0, count: pages - pageIsWritten.count)
        }
        stored[address] = value
        pageIsWritten[address >> Self.pageShift] = 1
    }

    private mutating func clear(from start: Int) {
        let first = start >> Self.pageShift
        guard first < pageIsWritten.count else { return }
        for page in first..<pageIsWritten.count where pageIsWritten[page] != 0 {
            let pageStart = page << Self.pageShift
            for address in max(start, pageStart)..<(pageStart + Self.pageBytes) {
                stored[address] = 0
            }
            if pageStart >= start { pageIsWritten[page] = 0 }
        }
    }
}

/// The reasons why the heap cannot have the requested length.
enum HeapFault: Error {
    case negativeLength(Int)
    case tooLong(Int)
}
