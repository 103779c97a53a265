/// The layout in which the program of the documents prints values: one element a line, indented by
/// four, with a comma after each. All listings of the REPL share it.
public enum DebugListing {
    /// `[`, one element a line, `]`; `[]` if there is no element.
    public static func list(_ elements: [String]) -> String {
        elements.isEmpty ? "[]" : "[\n" + elements.map(entry).joined() + "]"
    }

    /// `Name {`, one field a line, `}`.
    public static func structure(_ name: String, _ fields: [(name: String, value: String)])
        -> String
    {
        name + " {\n" + fields.map { entry("\($0.name): \($0.value)") }.joined() + "}"
    }

    /// `Some(`, the value on a separate line, `)`.
    public static func some(_ value: String) -> String {
        "Some(\n" + entry(value) + ")"
    }

    /// A string between double quotes, on one line whatever it contains.
    public static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\0": result += "\\0"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// One element, indented by its depth, with a comma.
    private static func entry(_ text: String) -> String {
        // By bytes, not characters: a line end within CR LF is a line end too.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.map { "    " + String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
            + ",\n"
    }
}
