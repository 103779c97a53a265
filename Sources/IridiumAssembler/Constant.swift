import IridiumVM

/// A piece of read-only data that one directive could make.
///
/// The image does not say where one constant ends and the next begins. `split` finds a division
/// that directives can express, and prefers text. Such a division exists for all data that the
/// assembler made.
struct Constant: Equatable {
    enum Kind: Equatable {
        /// `.asciiz`: text, and a zero byte after it.
        case string(String)
        /// `.integer`: four bytes, little-endian.
        case integer(Int32)
        /// Bytes that no directive can produce.
        case opaque([UInt8])
    }

    /// The offset at which it begins in the data.
    let offset: Int
    let kind: Kind

    /// Whether a directive can express it.
    var isWritable: Bool {
        if case .opaque = kind { false } else { true }
    }

    /// Divides data into constants. Complexity: O(bytes).
    static func split(_ data: [UInt8]) -> [Constant] {
        let ends = stringEnds(data)
        // From the end: is everything from here on expressible? A string is tried before an
        // integer.
        var expressible = [Bool](repeating: false, count: data.count + 1)
        expressible[data.count] = true
        for offset in data.indices.reversed() {
            let afterString = ends[offset].map { expressible[$0] } ?? false
            let afterInteger = offset + 4 <= data.count && expressible[offset + 4]
            expressible[offset] = afterString || afterInteger
        }
        var constants: [Constant] = []
        var offset = 0
        while offset < data.count {
            if let end = ends[offset], expressible[end] || !expressible[offset] {
                let text = String(decoding: data[offset..<(end - 1)], as: UTF8.self)
                constants.append(Constant(offset: offset, kind: .string(text)))
                offset = end
            } else if expressible[offset] {
                let bits = (0..<4).reversed().reduce(UInt32(0)) {
                    $0 << 8 | UInt32(data[offset + $1])
                }
                constants.append(Constant(offset: offset, kind: .integer(Int32(bitPattern: bits))))
                offset += 4
            } else {
                let start = offset
                repeat {
                    offset += 1
                } while offset < data.count && !expressible[offset]
                    && ends[offset] == nil
                constants.append(
                    Constant(offset: start, kind: .opaque(Array(data[start..<offset]))))
            }
        }
        return constants
    }

    /// For each offset the end of the string that begins there, after its zero byte; nil if the
    /// bytes up to the next zero are not UTF-8, contain a quote, or have no zero after them.
    private static func stringEnds(_ data: [UInt8]) -> [Int?] {
        var ends = [Int?](repeating: nil, count: data.count)
        var start = 0
        while let zero = data[start...].firstIndex(of: 0) {
            // A fault at one byte also breaks every string that starts before it.
            var first = start
            if let quote = data[start..<zero].lastIndex(of: Ascii.quote) { first = quote + 1 }
            while let fault = UTF8Fault(in: data[first..<zero]) {
                first +=
                    fault.validBytes
                    + max(1, fault.faultyBytes ?? (zero - first - fault.validBytes))
            }
            for offset in first...zero where isScalarStart(data[offset]) { ends[offset] = zero + 1 }
            start = zero + 1
            if start >= data.count { break }
        }
        return ends
    }

    private static func isScalarStart(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }
}
