/// Reads one JSON text, strictly (RFC 8259), to a bounded depth.
///
/// The text on the control socket comes from a process with our user id. It is still read like
/// anything else from outside: a wrong byte is an error, never a trap.
package struct JSONReader {
    /// Where and why a text is not JSON.
    package struct Failure: Error, Equatable, Sendable {
        /// Counts bytes from 0.
        package let offset: Int
        package let reason: String
    }

    /// The deepest nesting of arrays and objects.
    package static let deepest = 16

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The value of the whole text.
    package static func parse(_ text: some Sequence<UInt8>) throws(Failure) -> JSON {
        var reader = JSONReader(Array(text))
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == reader.bytes.count else {
            throw reader.failure("text after the end")
        }
        return value
    }

    private func failure(_ reason: String) -> Failure { Failure(offset: position, reason: reason) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        // Space, tab, line feed, carriage return: RFC 8259, section 2.
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take(_ byte: Character) -> Bool {
        guard let wanted = byte.asciiValue, next == wanted else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: Character) throws(Failure) {
        guard take(byte) else { throw failure("expected \(byte)") }
    }

    private mutating func value(depth: Int) throws(Failure) -> JSON {
        guard depth < Self.deepest else { throw failure("nested too deeply") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw failure("the text ends here")
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(Failure) -> JSON {
        let expected = Array(word.description.utf8)
        guard bytes[position...].starts(with: expected) else { throw failure("unknown word") }
        position += expected.count
        return value
    }

    private mutating func object(depth: Int) throws(Failure) -> JSON {
        try expect("{")
        var fields: [JSON.Field] = []
        skipSpace()
        if take("}") { return .object(fields) }
        while true {
            skipSpace()
            let key = try string()
            skipSpace()
            try expect(":")
            fields.append(JSON.Field(key, try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return .object(fields) }
            try expect(",")
        }
    }

    private mutating func array(depth: Int) throws(Failure) -> JSON {
        try expect("[")
        var values: [JSON] = []
        skipSpace()
        if take("]") { return .array(values) }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(values) }
            try expect(",")
        }
    }

    /// `-` digits `.` digits `e` digits, the last two parts optional; no leading zero.
    private mutating func number() throws(Failure) -> JSON {
        let start = position
        _ = take("-")
        let isZero = next == UInt8(ascii: "0")
        let digits = takeDigits()
        guard digits > 0, !(isZero && digits > 1) else { throw failure("not a value") }
        var isInteger = true
        if take(".") {
            isInteger = false
            guard takeDigits() > 0 else { throw failure("expected a digit") }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            guard takeDigits() > 0 else { throw failure("expected a digit") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        // Negative zero does not become an integer, because it would lose its sign.
        if text == "-0" { return .number(-0.0) }
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw failure("the number is too large")
        }
        return .number(number)
    }

    private mutating func takeDigits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        return position - start
    }

    private mutating func string() throws(Failure) -> String {
        try expect("\"")
        var content: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure("not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &content)
            case ..<0x20: throw failure("control character in a string")
            default: content.append(byte)
            }
        }
        throw failure("the string does not end")
    }

    private mutating func escape(into content: inout [UInt8]) throws(Failure) {
        guard let byte = next else { throw failure("the string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = Unicode.Scalar(try codePoint()) else {
                throw failure("lone surrogate")
            }
            content += Array(String(Character(scalar)).utf8)
        default: throw failure("unknown escape")
        }
    }

    /// Four hexadecimal digits, or two such units that make a surrogate pair.
    private mutating func codePoint() throws(Failure) -> UInt32 {
        let first = try unit()
        guard (0xD800..<0xDC00).contains(first) else { return first }
        guard take("\\"), take("u") else { throw failure("lone surrogate") }
        let second = try unit()
        guard (0xDC00..<0xE000).contains(second) else { throw failure("lone surrogate") }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private mutating func unit() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("the string does not end") }
        let digits = bytes[position..<(position + 4)]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("expected four hexadecimal digits") }
        position += 4
        return value
    }
}
