/// Bytes to tokens. White space and comments separate tokens and mean nothing else; line ends are
/// white space.
///
/// The language has names (letters and digits), four sigils that begin an operand (`#` number,
/// `$` register, `@` symbol, `'` string), `.` before a directive and `:` after a label.
struct Token: Equatable {
    enum Kind: Equatable {
        /// A label, or a mnemonic: letters and digits.
        case name
        case colon
        /// `.letters`
        case directive(name: String)
        case operand(Operand.Kind)
        /// Bytes that do not begin any token.
        case unexpected
        case end
    }

    let kind: Kind
    let range: Range<Int>
}

/// An operand as written.
struct Operand: Equatable {
    enum Kind: Equatable {
        case register(UInt8)
        /// Within 32 bits.
        case number(Int32)
        case symbol(name: String)
        /// The bytes between the quotes.
        case string(Range<Int>)
        /// Already reported; accepted as whatever operand is needed.
        case faulty
    }

    let kind: Kind
    let range: Range<Int>
}

struct Lexer {
    let source: SourceText
    private(set) var offset = 0
    /// The faults found so far.
    private(set) var faults: [Fault] = []

    /// A complaint about a place.
    struct Fault: Equatable {
        let range: Range<Int>
        let text: String
        var help: String?
    }

    init(_ source: SourceText) {
        self.source = source
    }

    private var current: UInt8? { offset < source.bytes.count ? source.bytes[offset] : nil }

    mutating func next() -> Token {
        skipBlanks()
        let start = offset
        guard let byte = current else { return Token(kind: .end, range: start..<start) }
        switch byte {
        case Ascii.colon:
            offset += 1
            return Token(kind: .colon, range: start..<offset)
        case Ascii.dot: return directive(from: start)
        case Ascii.numberSign: return number(from: start)
        case Ascii.dollar: return register(from: start)
        case Ascii.at: return symbol(from: start)
        case Ascii.quote: return string(from: start)
        default:
            skipName()
            if offset > start { return Token(kind: .name, range: start..<offset) }
            skipScalar()
            return Token(kind: .unexpected, range: start..<offset)
        }
    }

    /// Goes to the end of the line, where parsing starts again.
    mutating func skipLine() {
        while let byte = current, byte != Ascii.lineFeed { offset += 1 }
    }

    // MARK: Tokens

    private mutating func directive(from start: Int) -> Token {
        offset += 1
        let nameStart = offset
        while let byte = current, Ascii.isLetter(byte) { offset += 1 }
        guard offset > nameStart else { return Token(kind: .unexpected, range: start..<offset) }
        return Token(
            kind: .directive(name: source.text(nameStart..<offset)), range: start..<offset)
    }

    private mutating func number(from start: Int) -> Token {
        offset += 1
        skipBlanks()
        let isNegative = current == Ascii.minus
        if isNegative { offset += 1 }
        guard let digits = digits() else {
            return faulty(start, "expected digits after '#', found \(foundHere)")
        }
        guard let magnitude = digits,
            let value = Int32(exactly: isNegative ? -magnitude : magnitude)
        else {
            return faulty(
                start, "the number does not fit 32 bits: expected -2147483648 to 2147483647")
        }
        return Token(kind: .operand(.number(value)), range: start..<offset)
    }

    private mutating func register(from start: Int) -> Token {
        offset += 1
        skipBlanks()
        guard let digits = digits() else {
            return faulty(start, "expected a register number after '$', found \(foundHere)")
        }
        guard let number = digits, number < 32, let register = UInt8(exactly: number) else {
            return faulty(start, "there is no such register: expected $0 to $31")
        }
        return Token(kind: .operand(.register(register)), range: start..<offset)
    }

    private mutating func symbol(from start: Int) -> Token {
        offset += 1
        skipBlanks()
        let nameStart = offset
        skipName()
        guard offset > nameStart else {
            return faulty(start, "expected a name after '@', found \(foundHere)")
        }
        return Token(
            kind: .operand(.symbol(name: source.text(nameStart..<offset))), range: start..<offset)
    }

    private mutating func string(from start: Int) -> Token {
        offset += 1
        let textStart = offset
        while let byte = current, byte != Ascii.quote { offset += 1 }
        guard current != nil else {
            offset = textStart
            skipLine()
            return faulty(start, "the string has no closing quote")
        }
        offset += 1
        return Token(kind: .operand(.string(textStart..<(offset - 1))), range: start..<offset)
    }

    private mutating func faulty(_ start: Int, _ text: String) -> Token {
        faults.append(Fault(range: start..<max(offset, start + 1), text: text))
        return Token(kind: .operand(.faulty), range: start..<offset)
    }

    // MARK: Bytes

    /// A run of digits as a number: nil if there is no digit, `.some(nil)` if the number is too
    /// large to be useful.
    private mutating func digits() -> Int64?? {
        let start = offset
        var value: Int64? = 0
        while let byte = current, Ascii.isDigit(byte) {
            value = value.flatMap { $0 < 1 << 40 ? $0 * 10 + Int64(byte - 0x30) : nil }
            offset += 1
        }
        return offset > start ? .some(value) : nil
    }

    private mutating func skipBlanks() {
        while let byte = current {
            if byte == Ascii.semicolon {
                skipLine()
            } else if Ascii.isWhiteSpace(byte) {
                offset += 1
            } else {
                return
            }
        }
    }

    private mutating func skipName() {
        while let byte = current {
            if byte < 0x80 {
                guard Ascii.isLetter(byte) || Ascii.isDigit(byte) else { return }
                offset += 1
            } else {
                guard let scalar = scalarHere, scalar.isLetterOrDigit else { return }
                skipScalar()
            }
        }
    }

    private mutating func skipScalar() {
        offset += 1
        while let byte = current, byte & 0xC0 == 0x80 { offset += 1 }
    }

    private var scalarHere: Unicode.Scalar? {
        let end = min(offset + 4, source.bytes.count)
        return String(decoding: source.bytes[offset..<end], as: UTF8.self).unicodeScalars.first
    }

    private var foundHere: String {
        guard let scalar = offset < source.bytes.count ? scalarHere : nil else {
            return "the end of the source"
        }
        return Self.quoted(scalar)
    }

    /// A character for a message; a character that does not print, by its number.
    static func quoted(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x0A, 0x0D: "the end of the line"
        case 0x21...0x7E: "'\(scalar)'"
        case 0xA1...: scalar.isLetterOrDigit ? "'\(scalar)'" : scalar.codePoint
        default: scalar.codePoint
        }
    }
}

extension Unicode.Scalar {
    var isLetterOrDigit: Bool {
        if properties.isAlphabetic { return true }
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    var codePoint: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
