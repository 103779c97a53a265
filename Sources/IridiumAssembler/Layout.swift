import IridiumVM

/// Phase one: the address of everything.
///
/// Goes through the items once, fills the read-only data, counts words, and notes for each label
/// the word or the byte of data that follows it. Addresses are known after all data: the code
/// starts after the data, wherever it is in the source.
struct Layout {
    struct Instruction {
        let opcode: Opcode
        let operands: [Operand]
        let range: Range<Int>
    }

    /// The read-only data.
    private(set) var data: [UInt8] = []
    private(set) var instructions: [Instruction] = []
    private(set) var complaints: [Complaint] = []
    /// Every name before a colon, declared or not.
    private(set) var knownNames: Set<[UInt8]> = []

    private let source: SourceText
    /// At a prompt there are no sections and no directives.
    private let isPrompt: Bool
    private var words = 0
    private var sections: [(name: String, range: Range<Int>)] = []
    /// The labels, in order, with the word or the byte of data that follows each.
    private var declared = SymbolTable()

    init(_ source: SourceText, isPrompt: Bool = false) {
        self.source = source
        self.isPrompt = isPrompt
    }

    /// The labels, if code begins at `codeStart`.
    func symbols(codeStart: Int) -> SymbolTable {
        var table = SymbolTable()
        for symbol in declared.symbols {
            let offset = symbol.kind == .code ? codeStart + 4 * symbol.offset : symbol.offset
            table.declare(Symbol(name: symbol.name, offset: offset, kind: symbol.kind))
        }
        return table
    }

    /// - Parameters:
    ///   - strayLabels: Labels of items that could not be understood.
    ///   - complaints: Complaints found before.
    mutating func read(_ items: [Item], strayLabels: [Range<Int>], complaints: [Complaint]) {
        self.complaints = complaints
        for label in strayLabels { knownNames.insert(Array(source.bytes[label])) }
        for (number, item) in items.enumerated()
        where self.complaints.count < 2 * Assembler.mostComplaints {
            switch item.content {
            case .instruction(let mnemonic):
                declareLabel(of: item, number: number, kind: .code)
                readInstruction(item, mnemonic)
            case .directive(let name, let range):
                readDirective(item, number: number, name: name, range: range)
            }
        }
    }

    /// A program has one section of each kind. This is reported only if nothing else was wrong: a
    /// misspelt section already has a complaint.
    mutating func checkSections() {
        guard !complaints.contains(where: { $0.severity == .error }) else { return }
        for (index, section) in sections.enumerated()
        where sections.prefix(index).contains(where: { $0.name == section.name }) {
            complain(
                .insufficientSections, section.range,
                help: "there is already a section '.\(section.name)'")
            return
        }
        let missing = ["data", "code"].filter { name in !sections.contains { $0.name == name } }
        guard let first = missing.first else { return }
        complain(
            .insufficientSections, sections.first?.range ?? 0..<0,
            help: "a program has one '.data' and one '.code'; there is no '.\(first)'")
    }

    private mutating func readInstruction(_ item: Item, _ mnemonic: Range<Int>) {
        let name = source.text(mnemonic)
        guard let opcode = Encoder.opcode(name) else {
            let isUseful = complaints.count < AssemblyFailure.mostErrors
            let similar =
                isUseful
                ? Spelling.closest(to: name, among: Opcode.allCases.lazy.map(\.name)) : nil
            complain(
                .nonOpcodeInOpcodeField, mnemonic,
                help: similar.map { "'\(name)' is no instruction; did you mean '\($0)'?" }
                    ?? "'\(name.prefix(40))' is no instruction")
            return
        }
        instructions.append(
            Instruction(opcode: opcode, operands: item.operands, range: mnemonic))
        words += Encoder.wordCount(opcode, item.operands)
    }

    // MARK: Directives

    private mutating func readDirective(
        _ item: Item, number: Int, name: String, range: Range<Int>
    ) {
        guard !isPrompt else {
            declareLabel(of: item, number: number, kind: .code)
            complain(
                .parseError(text: "a directive means nothing at the prompt, found '.\(name)'"),
                range,
                help: "put it into a file and load that")
            return
        }
        switch name {
        case "data", "code":
            declareLabel(of: item, number: number, kind: .code)
            sections.append((name, range))
            if let operand = item.operands.first, operand.kind != .faulty {
                complain(
                    .parseError(
                        text: ".\(name) takes no operands, found \(operand.kind.description)"),
                    operand.range)
            }
        case "asciiz", "integer":
            declareLabel(of: item, number: number, kind: .data)
            if item.label == nil {
                complain(
                    .stringConstantDeclaredWithoutLabel(instruction: number), range,
                    help: "write a label before it: 'name: .\(name) …'")
            }
            readConstant(item, name: name, range: range)
        default:
            declareLabel(of: item, number: number, kind: .data)
            let similar = Spelling.closest(to: name, among: ["data", "code", "asciiz", "integer"])
            complain(
                .unknownDirectiveFound(directive: name), range,
                help: similar.map { "did you mean '.\($0)'?" })
        }
    }

    private mutating func readConstant(_ item: Item, name: String, range: Range<Int>) {
        if item.operands.contains(where: { $0.kind == .faulty }) { return }
        guard item.operands.count == 1, let operand = item.operands.first else {
            let wanted = name == "asciiz" ? "a string" : "a number"
            complain(
                .parseError(
                    text: ".\(name) takes \(wanted), found \(item.operands.count) operands"),
                item.operands.last?.range ?? range)
            return
        }
        switch (name, operand.kind) {
        case ("asciiz", .string(let text)):
            data += source.bytes[text]
            data.append(0)
        case ("integer", .number(let value)):
            let bits = UInt32(bitPattern: value)
            data += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: bits >> UInt32($0)) }
        default:
            complain(
                .parseError(
                    text: name == "asciiz"
                        ? "expected a string between single quotes, found \(operand.kind.description)"
                        : "expected a number #n, found \(operand.kind.description)"),
                operand.range)
        }
    }

    // MARK: Labels

    private mutating func declareLabel(of item: Item, number: Int, kind: Symbol.Kind) {
        guard let label = item.label else { return }
        guard label.count <= Assembler.longestName else {
            complain(
                .parseError(
                    text: "the name of a label has at most \(Assembler.longestName) bytes, found "
                        + "\(label.count)"),
                label)
            return
        }
        let name = source.text(label)
        knownNames.insert(Array(name.utf8))
        guard isPrompt || !sections.isEmpty else {
            complain(
                .noSegmentDeclarationFound(instruction: number), label,
                help: "put '.data' and '.code' before the first label")
            return
        }
        let offset = kind == .code ? words : data.count
        guard declared.declare(Symbol(name: name, offset: offset, kind: kind)) else {
            complain(.symbolAlreadyDeclared, label, help: "'\(name)' is declared above")
            return
        }
    }

    private mutating func complain(
        _ error: AssemblyError, _ range: Range<Int>, help: String? = nil
    ) {
        complaints.append(Complaint(error, range, help: help))
    }
}
