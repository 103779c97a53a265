/// JSON as this program writes and reads it: keys in the order they were given, integers exact.
///
/// The control socket, `--json` and the error lines share it. Small on purpose: one value, one
/// writer, one strict reader with bounds (`JSONReader.swift`), and no Foundation, which would cost
/// every node 10 MB.
package enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Field])

    /// One key and its value. An object is a list of them, so that order survives.
    package struct Field: Equatable, Sendable {
        package let key: String
        package let value: JSON

        package init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral
{
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Field($0.0, $0.1) })
    }

    package init(stringLiteral value: String) { self = .string(value) }

    package init(arrayLiteral elements: JSON...) { self = .array(elements) }

    /// null for nil.
    package init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    /// Saturates above `Int64.max`, which no counter of ours reaches.
    package init(_ number: some BinaryInteger) { self = .integer(Int64(clamping: number)) }

    /// Whole milliseconds.
    package init(milliseconds duration: Duration) { self = .integer(duration.wholeMilliseconds) }
}

extension JSON {
    /// The value of `key` in an object; nil for anything else.
    package subscript(key: String) -> JSON? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        case .null, .bool, .string, .array, .object: nil
        }
    }

    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }

    package var boolean: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var elements: [JSON]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    package var fields: [Field]? {
        guard case .object(let fields) = self else { return nil }
        return fields
    }
}

extension JSON {
    /// One line, without white space between tokens and without a line end.
    package var line: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? Self.decimal(value) : "null"
        case .string(let value): text += JSONText.string(value)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let fields):
            text += "{"
            for (index, field) in fields.enumerated() {
                if index > 0 { text += "," }
                text += JSONText.string(field.key) + ":"
                field.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// The shortest decimal that reads back as the same number; whole ones without ".0".
    private static func decimal(_ value: Double) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension Duration {
    /// Rounded toward zero; saturates.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return whole + attoseconds / 1_000_000_000_000_000
    }

    /// Milliseconds to a thousandth: 0.31.
    package var fractionalMilliseconds: Double {
        let (seconds, attoseconds) = components
        let micros = Double(seconds) * 1_000_000 + Double(attoseconds / 1_000_000_000_000)
        return micros.rounded() / 1_000
    }
}
