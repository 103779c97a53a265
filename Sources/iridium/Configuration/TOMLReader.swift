import IridiumShell

/// Reads the part of TOML 1.0 that a file of settings needs, strictly.
///
/// A file is a list of `key = value` lines and `[table]` headers. A value is a string, a whole number,
/// true, false, or an array of strings. The rest of TOML (dotted keys, inline tables, dates, fractions,
/// strings of several lines) is refused by name, so a file that is read here means the same to every
/// other reader of TOML. Nothing here knows which settings exist.
struct TOMLReader {
    /// One `key = value`.
    struct Entry: Equatable {
        /// The name in the header above it; nil before the first header.
        let table: String?
        let key: String
        let value: Value
        let line: Int
    }

    enum Value: Equatable {
        case text(String)
        case integer(Int64)
        case boolean(Bool)
        case list([String])
    }

    /// The first thing that is wrong.
    struct Fault: Error, Equatable {
        let line: Int
        /// A clause: "the string has no end".
        let problem: String
        let advice: String
        /// The key and the word after it, if that is not a value. The right form depends on the key.
        var word: (key: String, text: String)?

        static func == (a: Fault, b: Fault) -> Bool {
            (a.line, a.problem, a.advice) == (b.line, b.problem, b.advice)
        }
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var line = 1

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    static func read(_ bytes: [UInt8]) throws(Fault) -> [Entry] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault(
                line: 1, problem: "the file is not UTF-8 text", advice: "save it as UTF-8")
        }
        var reader = TOMLReader(text)
        return try reader.entries()
    }

    // MARK: Lines

    private mutating func entries() throws(Fault) -> [Entry] {
        var entries: [Entry] = []
        var table: String?
        var tables: Set<String> = []
        var keys: Set<[String]> = []
        while true {
            skipBlank()
            guard let next else { return entries }
            if next == "[" {
                let name = try header()
                guard tables.insert(name).inserted else {
                    throw fault("the table [\(name)] appears twice", "join the two")
                }
                table = name
            } else {
                let start = line
                let key = try self.key()
                guard keys.insert([table ?? "", key]).inserted else {
                    throw fault("\(Self.shown(key)) appears twice", "delete one of the two lines")
                }
                skipSpace()
                guard take("=") else {
                    throw fault(
                        "\(Self.shown(key)) is not followed by =", "\(key) = \"VALUE\"")
                }
                skipSpace()
                let value = try value(of: key)
                entries.append(Entry(table: table, key: key, value: value, line: start))
            }
            try endLine()
        }
    }

    /// `[name]`.
    private mutating func header() throws(Fault) -> String {
        _ = take("[")
        guard next != "[" else {
            throw fault("[[…]] is not used in this file", "[tags] is the only table")
        }
        skipSpace()
        let name = try key()
        skipSpace()
        guard take("]") else { throw fault("the header has no ]", "[tags]") }
        return name
    }

    /// A bare or a quoted key.
    private mutating func key() throws(Fault) -> String {
        let key: String
        if next == "\"" || next == "'" {
            key = try string()
        } else {
            var text = ""
            while let scalar = next, Self.isBare(scalar) {
                text.unicodeScalars.append(scalar)
                position += 1
            }
            guard !text.isEmpty else {
                throw fault(
                    "\(shownNext) is not the beginning of a setting",
                    "a line like: bind = \"HOST:PORT\"")
            }
            key = text
        }
        skipSpace()
        guard next != "." else {
            throw fault("keys with dots are not used in this file", "[tags], then a line for each")
        }
        return key
    }

    private mutating func endLine() throws(Fault) {
        skipSpace()
        skipComment()
        guard let next else { return }
        guard next == "\n" || next == "\r" else {
            throw fault(
                "\(shownNext) after the value is not understood",
                "one setting a line; a value with spaces in quotes")
        }
    }

    // MARK: Values

    private mutating func value(of key: String) throws(Fault) -> Value {
        switch next {
        case "\"", "'": return .text(try string())
        case "[": return .list(try list())
        case "{": throw fault("{…} is not used in this file", "[tags], then a line for each")
        case nil, "\n", "\r", "#":
            throw fault("\(Self.shown(key)) has no value", "\(key) = \"VALUE\"")
        default: break
        }
        var word = ""
        while let scalar = next, !["\n", "\r", "#", " ", "\t", ",", "]"].contains(scalar) {
            word.unicodeScalars.append(scalar)
            position += 1
        }
        switch word {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default: break
        }
        guard let number = Self.integer(word) else {
            var fault = fault(
                "\(Self.shown(word)) is neither a whole number, nor true or false, nor in quotes",
                "\(key) = \"\(word.allSatisfy { $0 != "\"" && $0 != "\\" } ? word : "VALUE")\"")
            fault.word = (key, word)
            throw fault
        }
        return .integer(number)
    }

    /// Decimal, with underscores between digits.
    private static func integer(_ word: String) -> Int64? {
        let digits = word.first == "+" || word.first == "-" ? word.dropFirst() : word[...]
        let groups = digits.split(separator: "_", omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            digits == "0" || digits.first != "0"
        else { return nil }
        return Int64(word.filter { $0 != "_" })
    }

    /// Strings, over as many lines as it takes.
    private mutating func list() throws(Fault) -> [String] {
        let start = line
        _ = take("[")
        var texts: [String] = []
        while true {
            skipBlank()
            if take("]") { return texts }
            guard next != nil else {
                throw Fault(line: start, problem: "the list has no ]", advice: "[\"…\", \"…\"]")
            }
            guard next == "\"" || next == "'" else {
                throw fault("\(shownNext) in a list is not in quotes", "[\"…\", \"…\"]")
            }
            texts.append(try string())
            skipBlank()
            guard take(",") || next == "]" else {
                throw Fault(
                    line: next == nil ? start : line,
                    problem: next == nil ? "the list has no ]" : "a comma is missing in the list",
                    advice: "[\"…\", \"…\"]")
            }
        }
    }

    private mutating func string() throws(Fault) -> String {
        guard let quote = next else { throw fault("a string is missing", "\"…\"") }
        position += 1
        if next == quote, position + 1 < scalars.count, scalars[position + 1] == quote {
            throw fault("strings of several lines are not used in this file", "one line, \"…\"")
        }
        var text = ""
        while let scalar = next, scalar != "\n", scalar != "\r" {
            position += 1
            if scalar == quote { return text }
            if scalar == "\\", quote == "\"" {
                text.unicodeScalars.append(try escape())
            } else if scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F {
                throw fault("a string has a control character", "an escape such as \\n or \\u0007")
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        throw fault("the string has no end", "a second \(quote) on the same line")
    }

    private mutating func escape() throws(Fault) -> Unicode.Scalar {
        let letter = next
        if letter != nil { position += 1 }
        switch letter {
        case "b": return "\u{8}"
        case "t": return "\t"
        case "n": return "\n"
        case "f": return "\u{C}"
        case "r": return "\r"
        case "\"": return "\""
        case "\\": return "\\"
        case "u": return try codePoint(digits: 4)
        case "U": return try codePoint(digits: 8)
        default:
            throw fault(
                "\\ begins no escape that TOML has", "\\\\ for a backslash, or '…' around it")
        }
    }

    private mutating func codePoint(digits: Int) throws(Fault) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let scalar = next, scalar.isASCII, let digit = Character(scalar).hexDigitValue
            else {
                throw fault("\\u needs 4 hexadecimal digits, \\U 8", "\\u00e9")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw fault("\\u names no character", "a Unicode scalar value")
        }
        return scalar
    }

    // MARK: Characters

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private var shownNext: String { Self.shown(next.map { String(Character($0)) } ?? "the end") }

    private static func shown(_ text: String) -> String { Layout.quoted(text) }

    private func fault(_ problem: String, _ advice: String) -> Fault {
        Fault(line: line, problem: problem, advice: advice)
    }

    private static func isBare(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while next == " " || next == "\t" { position += 1 }
    }

    private mutating func skipComment() {
        guard next == "#" else { return }
        while let scalar = next, scalar != "\n", scalar != "\r" { position += 1 }
    }

    /// Spaces, line ends and comments. Counts the lines.
    private mutating func skipBlank() {
        while true {
            skipSpace()
            skipComment()
            switch next {
            case "\n":
                line += 1
                position += 1
            case "\r":
                position += 1
                if next != "\n" { line += 1 }
            default: return
            }
        }
    }
}
