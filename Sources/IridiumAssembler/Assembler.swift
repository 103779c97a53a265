import IridiumVM

/// Source text to an image, in two phases over one list of items.
///
/// The first phase counts sections, words and data, and enters every label with its future address.
/// The second encodes the instructions with those symbols. Both add complaints to one list, so that
/// a source with five mistakes gets five messages at once.
///
///     let assembly = try Assembler.assemble(source)
///     var machine = Machine(id: "n1", image: assembly.image)
///
/// An assembler keeps nothing between two sources. Specs/VM.md, sections 4 and 7.
public enum Assembler {
    /// The longest source accepted, in bytes: 4 MiB.
    public static let longestSource = 4 << 20
    /// The longest name of a label, in bytes.
    public static let longestName = 255
    /// A phase ends after this many complaints: a hostile source must not fill the memory with
    /// them.
    static let mostComplaints = 10_000

    /// Assembles a program.
    ///
    /// - Throws: `AssemblyFailure` with all errors of the source.
    public static func assemble(_ source: String) throws(AssemblyFailure) -> Assembly {
        try assemble(bytes: Array(source.utf8))
    }

    /// Assembles a program from the bytes of a file, which should be UTF-8.
    ///
    /// - Throws: `AssemblyFailure` with all errors of the source.
    public static func assemble(bytes: [UInt8]) throws(AssemblyFailure) -> Assembly {
        let (source, parser, complaints) = try parse(bytes)
        var layout = Layout(source)
        layout.read(
            parser.items, strayLabels: parser.strayLabels, complaints: complaints)
        layout.checkSections()
        var encoder = Encoder(
            source: source,
            symbols: layout.symbols(codeStart: Image.headerBytes + layout.data.count),
            knownNames: layout.knownNames)
        let code = encode(layout.instructions, with: &encoder)
        var found = layout.complaints + encoder.complaints
        if code.count > Limits.programBytes - Image.headerBytes - layout.data.count {
            found.append(
                Complaint(
                    .parseError(text: "the program is longer than \(Limits.programBytes) bytes"),
                    0..<0))
        }
        let warnings = try warnings(of: found, in: source)
        return Assembly(
            readOnlyData: layout.data, code: code, symbols: encoder.symbols, warnings: warnings)
    }

    /// Assembles a line typed at a prompt: instructions, with or without labels, no sections.
    ///
    /// - Parameters:
    ///   - line: The text. White space and comments alone give no words.
    ///   - address: The future address of the first word: the length of the machine's program.
    ///   - symbols: Names that `@name` may refer to, apart from the line's own labels, which win.
    /// - Throws: `AssemblyFailure` with all errors of the line. A directive is one.
    public static func assembleLine(
        _ line: String, at address: Int, symbols: SymbolTable
    ) throws(AssemblyFailure) -> Fragment {
        let (source, parser, complaints) = try parse(Array(line.utf8), mayBeEmpty: true)
        var layout = Layout(source, isPrompt: true)
        layout.read(
            parser.items, strayLabels: parser.strayLabels, complaints: complaints)
        let own = layout.symbols(codeStart: address)
        var encoder = Encoder(
            source: source, symbols: symbols.merged(with: own), knownNames: layout.knownNames)
        let words = encode(layout.instructions, with: &encoder)
        let warnings = try warnings(of: layout.complaints + encoder.complaints, in: source)
        return Fragment(words: words, symbols: own, warnings: warnings)
    }

    // MARK: Steps

    private static func parse(
        _ bytes: [UInt8], mayBeEmpty: Bool = false
    ) throws(AssemblyFailure) -> (SourceText, Parser, [Complaint]) {
        guard bytes.count <= longestSource else {
            let source = SourceText([])
            let complaint = Complaint(
                .parseError(text: "the source is longer than \(longestSource) bytes"), 0..<0)
            throw AssemblyFailure([complaint], in: source)
        }
        let source = SourceText(bytes)
        if let fault = UTF8Fault(in: bytes[...]) {
            let offset = fault.validBytes
            let complaint = Complaint(
                .parseError(text: "the source is not UTF-8 from byte \(offset) on"),
                offset..<offset)
            throw AssemblyFailure([complaint], in: source)
        }
        var parser = Parser(source)
        parser.parse()
        var complaints = parser.faults.map {
            Complaint(.parseError(text: $0.text), $0.range, help: $0.help)
        }
        if parser.items.isEmpty, complaints.isEmpty, !mayBeEmpty {
            complaints.append(Complaint(.parseError(text: "there is no program in it"), 0..<0))
        }
        return (source, parser, complaints)
    }

    private static func encode(
        _ instructions: [Layout.Instruction], with encoder: inout Encoder
    ) -> [UInt8] {
        var code: [UInt8] = []
        for instruction in instructions where encoder.complaints.count < mostComplaints {
            code +=
                encoder.encode(instruction.opcode, instruction.operands, at: instruction.range)
                ?? []
        }
        return code
    }

    /// The warnings among the complaints, in the order of the source.
    private static func warnings(
        of complaints: [Complaint], in source: SourceText
    ) throws(AssemblyFailure) -> [Diagnostic] {
        if complaints.contains(where: { $0.severity == .error }) {
            throw AssemblyFailure(complaints, in: source)
        }
        return complaints.inSourceOrder.prefix(AssemblyFailure.mostErrors).map {
            Diagnostic($0, in: source)
        }
    }
}

/// The result of assembling a program.
public struct Assembly: Equatable, Sendable {
    /// The data part of the image.
    public let readOnlyData: [UInt8]
    /// The instructions.
    public let code: [UInt8]
    /// All labels.
    public let symbols: SymbolTable
    /// Code that is legal and probably not intended.
    public let warnings: [Diagnostic]

    /// The whole image, for `Machine.load(image:)` or a file.
    public var image: [UInt8] { Image(readOnlyData: readOnlyData, code: code).bytes }
}

/// The result of assembling a line at a prompt.
public struct Fragment: Equatable, Sendable {
    /// Instructions, for `Machine.append(words:)`.
    public let words: [UInt8]
    /// The labels of the line.
    public let symbols: SymbolTable
    /// Code that is legal and probably not intended.
    public let warnings: [Diagnostic]
}

extension AssemblyFailure {
    init(_ complaints: [Complaint], in source: SourceText) {
        let sorted = complaints.inSourceOrder
        let errors = sorted.filter { $0.severity == .error }
        self.errors = errors.prefix(Self.mostErrors).map { Diagnostic($0, in: source) }
        omitted = max(0, errors.count - Self.mostErrors)
        warnings = sorted.filter { $0.severity == .warning }.prefix(Self.mostErrors).map {
            Diagnostic($0, in: source)
        }
    }
}

extension [Complaint] {
    /// By position; complaints about one place keep the order in which they were made.
    var inSourceOrder: [Complaint] {
        enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }.map(\.element)
    }
}
