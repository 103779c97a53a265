/// Tokens to items, the input of both phases of the assembler.
///
///     item = [label ":"] mnemonic operand*   |   [label ":"] "." letters operand*
///
/// Line ends mean nothing, so an instruction ends at the beginning of the next item. Text that
/// cannot be understood is reported and the rest of its line skipped, so that one mistake costs one
/// message.
///
/// Specs/VM.md, section 4.
struct Item {
    enum Content {
        case instruction(mnemonic: Range<Int>)
        case directive(name: String, range: Range<Int>)
    }

    /// Range of the label's name.
    let label: Range<Int>?
    let content: Content
    let operands: [Operand]

    /// The place of the mnemonic or the directive.
    var range: Range<Int> {
        switch content {
        case .instruction(let mnemonic): mnemonic
        case .directive(_, let range): range
        }
    }
}

struct Parser {
    private var lexer: Lexer
    private var token: Token
    private(set) var items: [Item] = []
    private var ownFaults: [Lexer.Fault] = []
    /// Names declared by labels that belong to no item, because their item was faulty.
    private(set) var strayLabels: [Range<Int>] = []

    /// Complaints in the order in which they were made.
    var faults: [Lexer.Fault] { lexer.faults + ownFaults }

    init(_ source: SourceText) {
        lexer = Lexer(source)
        token = lexer.next()
    }

    /// Parses the whole source, or until there are more faults than anyone will read.
    mutating func parse() {
        while token.kind != .end,
            ownFaults.count + lexer.faults.count < Assembler.mostComplaints
        {
            parseItem()
        }
    }

    private mutating func parseItem() {
        var label: Range<Int>?
        while token.kind == .name {
            let name = token.range
            advance()
            // "my_label": reported at the wrong character, and not as an unknown instruction too.
            if token.kind == .unexpected, token.range.lowerBound == name.upperBound { break }
            guard token.kind == .colon else {
                let operands = parseOperands()
                items.append(
                    Item(label: label, content: .instruction(mnemonic: name), operands: operands))
                return
            }
            advance()
            if let label {
                strayLabels.append(label)
                fault(name, "expected an instruction after the label, found another label")
            }
            label = name
        }
        if case .directive(let name) = token.kind {
            let range = token.range
            advance()
            items.append(
                Item(
                    label: label, content: .directive(name: name, range: range),
                    operands: parseOperands()))
            return
        }
        if let label, token.kind != .unexpected {
            strayLabels.append(label)
            fault(label, "expected an instruction or directive after the label, found \(found)")
            if token.kind == .end { return }
        } else {
            if let label { strayLabels.append(label) }
            fault(
                token.range, "expected a label, an instruction or a directive, found \(found)", help
            )
        }
        lexer.skipLine()
        advance()
    }

    private mutating func parseOperands() -> [Operand] {
        var operands: [Operand] = []
        while case .operand(let kind) = token.kind {
            operands.append(Operand(kind: kind, range: token.range))
            advance()
        }
        if token.kind == .unexpected {
            // Already reported; an operand may be meant by it.
            operands.append(Operand(kind: .faulty, range: token.range))
        }
        return operands
    }

    private mutating func advance() {
        token = lexer.next()
    }

    private mutating func fault(_ range: Range<Int>, _ text: String, _ help: String? = nil) {
        ownFaults.append(Lexer.Fault(range: range, text: text, help: help))
    }

    private var text: String { lexer.source.text(token.range) }

    private var found: String {
        switch token.kind {
        case .end: "the end of the source"
        case .unexpected: text.unicodeScalars.first.map(Lexer.quoted) ?? "nothing"
        case .name, .colon, .directive, .operand: "'\(text.prefix(40))'"
        }
    }

    private var help: String? {
        switch text.utf8.first {
        case UInt8(ascii: ","): "operands are separated by white space, not by commas"
        case UInt8(ascii: "_"): "names consist of letters and digits only"
        case Ascii.dot: "a number has no fraction: the machine has no encoding for it"
        case UInt8(ascii: "\""): "strings are written in single quotes: 'text'"
        case UInt8(ascii: "/"): "comments begin with ';'"
        case UInt8(ascii: "+"): "the only sign of a number is '-'"
        default: nil
        }
    }
}
