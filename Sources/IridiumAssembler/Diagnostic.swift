import IridiumJSON
import IridiumVM

/// An error or a warning about a place in a source, in the format of a compiler.
///
///     hello.iasm:3:1: error: An non-opcode was found in an opcode field [NonOpcodeInOpcodeField]
///         laod $0 #1
///         ^~~~
///         help: did you mean 'load'?
public struct Diagnostic: Equatable, Sendable {
    /// Whether it keeps the source from being assembled.
    public enum Severity: String, Sendable {
        /// Prevents an image.
        case error
        /// There is an image, but perhaps not the intended one.
        case warning
    }

    /// The fault: class and text.
    public let error: AssemblyError
    /// Error or warning.
    public let severity: Severity
    /// The line, from 1.
    public let line: Int
    /// The column, from 1, in characters.
    public let column: Int
    /// The source line, without its line end; only the beginning of a very long line.
    public let sourceLine: String
    /// Number of characters that the caret marks, at least 1.
    public let length: Int
    /// A suggestion, if there is one.
    public let help: String?

    /// The text of the error, for a program or as a separate line, in the words of the documents.
    public var message: String { error.message }

    /// The diagnostic as lines of text, without a line end after the last.
    ///
    /// - Parameter file: Name of the source, set before line and column.
    public func rendered(file: String) -> String {
        var lines = [
            "\(file):\(line):\(column): \(severity.rawValue): \(headline) [\(error.className)]",
            "    \(shownLine)",
            "    \(caret)",
        ]
        if let help { lines.append("    help: \(help)") }
        return lines.joined(separator: "\n")
    }

    private var headline: String {
        // A warning is not a parse error, whatever its class; its text alone is enough.
        if severity == .warning, case .parseError(let text) = error { return text }
        return message
    }

    /// The line with everything that could move the cursor made visible.
    private var shownLine: String {
        String(
            String.UnicodeScalarView(
                sourceLine.unicodeScalars.map { $0 == "\t" || $0.isPrintable ? $0 : "\u{FFFD}" }))
    }

    private var caret: String {
        let scalars = sourceLine.unicodeScalars
        // Tabs stay tabs, so that the caret is below its character whatever their width.
        let indent = scalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
        let room = max(1, scalars.count - (column - 1))
        return indent + "^" + String(repeating: "~", count: max(0, min(length, room) - 1))
    }

    init(_ complaint: Complaint, in source: SourceText) {
        error = complaint.error
        severity = complaint.severity
        help = complaint.help
        let range = complaint.range
        (line, column) = source.position(of: range.lowerBound)
        sourceLine = source.line(at: range.lowerBound)
        length = max(1, source.text(range).unicodeScalars.count)
    }
}

extension Unicode.Scalar {
    /// False for a character that controls a terminal.
    var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}

/// Why a source could not be assembled: all its errors, in the order of the source.
public struct AssemblyFailure: Error, Equatable, Sendable {
    /// The errors, at least one, at most `mostErrors`.
    public let errors: [Diagnostic]
    /// Warnings that were found beside them.
    public let warnings: [Diagnostic]
    /// Number of errors beyond `mostErrors`. In a very faulty source only those before the end of
    /// reading are counted.
    public let omitted: Int

    /// The most errors reported for one source.
    public static let mostErrors = 100

    /// All errors as text, a line end after each.
    ///
    /// - Parameter file: Name of the source.
    public func rendered(file: String) -> String {
        let told = errors.map { $0.rendered(file: file) + "\n" }.joined()
        return omitted == 0 ? told : told + "\(file): \(omitted) more errors\n"
    }

    /// The errors as one line of JSON, schema `iridium.assembly/1`.
    public var json: String {
        let list = errors.map { error in
            JSONText.object([
                ("class", JSONText.string(error.error.className)),
                ("message", JSONText.string(error.message)),
                ("line", "\(error.line)"),
                ("column", "\(error.column)"),
            ])
        }
        return JSONText.object([
            ("schema", JSONText.string("iridium.assembly/1")),
            ("errors", JSONText.array(list)),
        ])
    }
}
