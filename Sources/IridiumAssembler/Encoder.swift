import IridiumVM

/// One instruction to bytes: operands checked against the opcode's form.
///
/// `@name` becomes a 16-bit number through the symbols. If something is wrong, the encoder adds a
/// complaint and gives no bytes.
struct Encoder {
    let source: SourceText
    let symbols: SymbolTable
    /// Names that are declared somewhere but cannot be used: they get no second complaint.
    let knownNames: Set<[UInt8]>
    var complaints: [Complaint] = []

    /// The opcode of a mnemonic. Upper and lower case are the same.
    static func opcode(_ mnemonic: String) -> Opcode? {
        opcodes[mnemonic.utf8.map { Ascii.isLetter($0) ? $0 | 0x20 : $0 }]
    }

    private static let opcodes = [[UInt8]: Opcode](
        uniqueKeysWithValues: Opcode.allCases.map { (Array($0.name.utf8), $0) })

    /// How many words an instruction takes: two for a LOAD whose number has more than 16 bits.
    static func wordCount(_ opcode: Opcode, _ operands: [Operand]) -> Int {
        guard opcode == .load, operands.count == 2, case .number(let value) = operands[1].kind
        else {
            return 1
        }
        return UInt16(exactly: value) == nil ? 2 : 1
    }

    /// The bytes of an instruction, four a word. Nil after a complaint.
    mutating func encode(_ opcode: Opcode, _ operands: [Operand], at range: Range<Int>) -> [UInt8]?
    {
        guard operands.allSatisfy({ $0.kind != .faulty }) else { return nil }
        guard hasRightCount(opcode, operands, at: range) else { return nil }
        let byte = opcode.rawValue
        switch opcode.form {
        case .none: return [byte, 0, 0, 0]
        case .twoRegisters, .threeRegisters:
            guard let numbers = registers(operands) else { return nil }
            return [byte] + numbers + repeatElement(0, count: 3 - numbers.count)
        case .register: return encodeJump(opcode, operands[0])
        case .registerNumber: return encodeLoad(operands)
        case .registerImmediate, .registerUnsigned:
            guard let register = register(operands[0]), let value = number(operands[1]) else {
                return nil
            }
            if opcode.form == .registerUnsigned, case .number(..<0) = operands[1].kind {
                warn(operands[1], "a negative number is read as \(value) here")
            }
            return [byte, register] + value.bigEndianBytes
        case .registerCount: return encodeShift(opcode, operands)
        case .number:
            guard let value = number(operands[0]) else { return nil }
            return [byte] + value.bigEndianBytes + [0]
        case .address:
            guard let value = numberOrSymbol(operands[0]) else { return nil }
            return [byte] + value.bigEndianBytes + [0]
        }
    }

    // MARK: Forms

    /// `LOAD $a #n`: numbers of more than 16 bits, and negative ones, take LOAD of the high half
    /// and LUI of the low one.
    private mutating func encodeLoad(_ operands: [Operand]) -> [UInt8]? {
        guard let register = register(operands[0]) else { return nil }
        if case .number(let value) = operands[1].kind, UInt16(exactly: value) == nil {
            let bits = UInt32(bitPattern: value)
            let high = UInt16(truncatingIfNeeded: bits >> 16)
            let low = UInt16(truncatingIfNeeded: bits)
            return [Opcode.load.rawValue, register] + high.bigEndianBytes
                + [Opcode.lui.rawValue, register] + low.bigEndianBytes
        }
        guard let value = numberOrSymbol(operands[1]) else { return nil }
        return [Opcode.load.rawValue, register] + value.bigEndianBytes
    }

    private mutating func encodeShift(_ opcode: Opcode, _ operands: [Operand]) -> [UInt8]? {
        guard let register = register(operands[0]) else { return nil }
        guard operands.count == 2 else { return [opcode.rawValue, register, 0, 0] }
        switch operands[1].kind {
        case .register(let count): return [opcode.rawValue, register, count, 0]
        case .number(let value):
            guard let count = UInt8(exactly: value) else {
                complain(operands[1], "expected a count from 0 to 255, found \(value)")
                return nil
            }
            return [opcode.rawValue, register, count, 0]
        case .symbol, .string, .faulty:
            wrongKind(operands[1], expected: "a count #0 to #255")
            return nil
        }
    }

    /// Instructions of one register. JMP and JMPE also accept a label, as old sources have it. The
    /// bytes are the old ones, and they do not mean what the source says.
    private mutating func encodeJump(_ opcode: Opcode, _ operand: Operand) -> [UInt8]? {
        if opcode == .jmp || opcode == .jmpe {
            switch operand.kind {
            case .symbol, .number:
                guard let value = numberOrSymbol(operand) else { return nil }
                let bytes = value.bigEndianBytes
                warn(
                    operand,
                    "\(opcode.name) takes its target from a register: this jumps to what $\(bytes[0]) holds",
                    help: opcode == .jmpe
                        ? "to jump to a label use 'djmpe @label'"
                        : "to jump to a label use 'load $a @label' and 'jmp $a'")
                return [opcode.rawValue] + bytes + [0]
            case .register, .string, .faulty: break
            }
        }
        guard let register = register(operand) else { return nil }
        return [opcode.rawValue, register, 0, 0]
    }

    // MARK: Operands

    private mutating func hasRightCount(
        _ opcode: Opcode, _ operands: [Operand], at range: Range<Int>
    ) -> Bool {
        let expected = opcode.form.operandCount
        if expected.contains(operands.count) { return true }
        let form =
            opcode.form == .none ? "no operands" : "operands \(opcode.form.spelling)"
        if operands.count > expected.upperBound {
            complain(
                operands[expected.upperBound],
                "\(opcode.name) takes \(form), found \(operands.count)")
        } else {
            let found = operands.isEmpty ? "none" : "\(operands.count)"
            let last = operands.last?.range ?? range
            complaints.append(
                Complaint(
                    .parseError(text: "\(opcode.name) takes \(form), found \(found)"),
                    range.lowerBound..<last.upperBound))
        }
        return false
    }

    private mutating func registers(_ operands: [Operand]) -> [UInt8]? {
        var numbers: [UInt8] = []
        for operand in operands {
            guard let number = register(operand) else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    private mutating func register(_ operand: Operand) -> UInt8? {
        if case .register(let number) = operand.kind { return number }
        wrongKind(operand, expected: "a register")
        return nil
    }

    private mutating func number(_ operand: Operand) -> UInt16? {
        guard case .number(let value) = operand.kind else {
            wrongKind(operand, expected: "a number")
            return nil
        }
        guard (-32768...65535).contains(value) else {
            complain(operand, "expected a number from -32768 to 65535, found \(value)")
            return nil
        }
        return UInt16(truncatingIfNeeded: value)
    }

    private mutating func numberOrSymbol(_ operand: Operand) -> UInt16? {
        switch operand.kind {
        case .number: return number(operand)
        case .symbol(let name): return address(name, operand)
        case .register, .string, .faulty:
            wrongKind(operand, expected: "a label or a number")
            return nil
        }
    }

    private mutating func address(_ name: String, _ operand: Operand) -> UInt16? {
        guard let symbol = symbols[name] else {
            guard !knownNames.contains(Array(name.utf8)) else { return nil }
            // The search goes through all names, so it runs only for complaints that will be
            // reported.
            let similar =
                complaints.count < AssemblyFailure.mostErrors
                ? Spelling.closest(to: name, among: symbols.symbols.lazy.map(\.name)) : nil
            complaints.append(
                Complaint(
                    .symbolNotFound(name: name), operand.range,
                    help: similar.map { "did you mean '@\($0)'?" }))
            return nil
        }
        guard let value = UInt16(exactly: symbol.offset) else {
            complain(
                operand, "'\(name)' is at \(symbol.offset): an address has 16 bits, at most 65535")
            return nil
        }
        return value
    }

    // MARK: Complaints

    private mutating func wrongKind(_ operand: Operand, expected: String) {
        complain(operand, "expected \(expected), found \(operand.kind.description)")
    }

    private mutating func complain(_ operand: Operand, _ text: String) {
        complaints.append(Complaint(.parseError(text: text), operand.range))
    }

    private mutating func warn(_ operand: Operand, _ text: String, help: String? = nil) {
        complaints.append(
            Complaint(.parseError(text: text), operand.range, help: help, severity: .warning))
    }
}

/// An error or a warning, and its place.
struct Complaint {
    let error: AssemblyError
    let range: Range<Int>
    let help: String?
    let severity: Diagnostic.Severity

    init(
        _ error: AssemblyError, _ range: Range<Int>, help: String? = nil,
        severity: Diagnostic.Severity = .error
    ) {
        self.error = error
        self.range = range
        self.help = help
        self.severity = severity
    }
}

extension Operand.Kind {
    var description: String {
        switch self {
        case .register(let number): "the register $\(number)"
        case .number(let value): "the number #\(value)"
        case .symbol(let name): "the label @\(name)"
        case .string: "a string"
        case .faulty: "something else"
        }
    }
}

extension OperandForm {
    /// The number of operands that may be written.
    var operandCount: ClosedRange<Int> {
        switch self {
        case .none: 0...0
        case .register, .number, .address: 1...1
        case .twoRegisters, .registerNumber, .registerImmediate, .registerUnsigned: 2...2
        case .registerCount: 1...2
        case .threeRegisters: 3...3
        }
    }
}

extension UInt16 {
    var bigEndianBytes: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xFF)] }
}
