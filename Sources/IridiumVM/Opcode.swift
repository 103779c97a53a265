/// The instruction set, one line an opcode.
///
///     byte   0        1         2         3
///          +--------+---------+---------+---------+
///          | opcode |    a    |    b    |    c    |   registers, or a 16-bit number, big-endian
///          +--------+---------+---------+---------+
///
/// Every instruction is four bytes. The operand form says what the last three mean; decoder,
/// assembler, disassembler and the table in Specs/VM.md all follow the rows below. `R` is the
/// integer file, `F` the float file: the opcode, not the spelling `$n`, decides which one is meant.
///
/// Specs/VM.md, section 3.
public struct OpcodeRow: Sendable {
    /// The opcode byte, 0 to 47.
    public let number: UInt8
    /// The operation.
    public let opcode: Opcode
    /// The meaning of the three operand bytes.
    public let form: OperandForm
    /// The effect, in the notation of Specs/VM.md.
    public let effect: String

    init(_ number: UInt8, _ opcode: Opcode, _ form: OperandForm, _ effect: String) {
        self.number = number
        self.opcode = opcode
        self.form = form
        self.effect = effect
    }
}

/// One of the 48 operations of the machine. Every other opcode byte is illegal and stops it.
public enum Opcode: UInt8, CaseIterable, Sendable {
    case load, add, sub, mul, div, hlt, jmp, jmpf
    case jmpb, eq, neq, gte, lte, lt, gt, jmpe
    case nop, aloc, inc, dec, djmpe, prts, loadf64, addf64
    case subf64, mulf64, divf64, eqf64, neqf64, gtf64, gtef64, ltf64
    case ltef64, shl, shr, and, or, xor, not, lui
    case cloop, loop, loadm, setm, push, pop, call, ret

    /// The instruction set in the order of the opcode bytes.
    public static let table: [OpcodeRow] = [
        OpcodeRow(0, .load, .registerNumber, "R[a] = n, zero-extended"),
        OpcodeRow(1, .add, .threeRegisters, "R[c] = R[a] + R[b], wrapping"),
        OpcodeRow(2, .sub, .threeRegisters, "R[c] = R[a] - R[b], wrapping"),
        OpcodeRow(3, .mul, .threeRegisters, "R[c] = R[a] * R[b], wrapping"),
        OpcodeRow(
            4, .div, .threeRegisters, "R[c] = R[a] / R[b] toward zero; remainder = R[a] % R[b]"),
        OpcodeRow(5, .hlt, .none, "stop with code 0"),
        OpcodeRow(6, .jmp, .register, "pc = R[a]"),
        OpcodeRow(7, .jmpf, .register, "pc = pc + 2 + R[a]"),
        OpcodeRow(8, .jmpb, .register, "pc = pc + 2 - R[a]"),
        OpcodeRow(9, .eq, .twoRegisters, "flag = R[a] == R[b]"),
        OpcodeRow(10, .neq, .twoRegisters, "flag = R[a] != R[b]"),
        OpcodeRow(11, .gte, .twoRegisters, "flag = R[a] >= R[b]"),
        OpcodeRow(12, .lte, .twoRegisters, "flag = R[a] <= R[b]"),
        OpcodeRow(13, .lt, .twoRegisters, "flag = R[a] < R[b]"),
        OpcodeRow(14, .gt, .twoRegisters, "flag = R[a] > R[b]"),
        OpcodeRow(15, .jmpe, .register, "if flag: pc = R[a]"),
        OpcodeRow(16, .nop, .none, "nothing"),
        OpcodeRow(17, .aloc, .register, "heap length = heap length + R[a]; new bytes are zero"),
        OpcodeRow(18, .inc, .register, "R[a] = R[a] + 1, wrapping"),
        OpcodeRow(19, .dec, .register, "R[a] = R[a] - 1, wrapping"),
        OpcodeRow(20, .djmpe, .address, "if flag: pc = n"),
        OpcodeRow(21, .prts, .address, "print the read-only bytes from n up to a zero byte"),
        OpcodeRow(22, .loadf64, .registerUnsigned, "F[a] = n"),
        OpcodeRow(23, .addf64, .threeRegisters, "F[c] = F[a] + F[b]"),
        OpcodeRow(24, .subf64, .threeRegisters, "F[c] = F[a] - F[b]"),
        OpcodeRow(25, .mulf64, .threeRegisters, "F[c] = F[a] * F[b]"),
        OpcodeRow(26, .divf64, .threeRegisters, "F[c] = F[a] / F[b]"),
        OpcodeRow(27, .eqf64, .twoRegisters, "flag = |F[a] - F[b]| < epsilon"),
        OpcodeRow(28, .neqf64, .twoRegisters, "flag = |F[a] - F[b]| > epsilon"),
        OpcodeRow(29, .gtf64, .twoRegisters, "flag = F[a] > F[b]"),
        OpcodeRow(30, .gtef64, .twoRegisters, "flag = F[a] >= F[b]"),
        OpcodeRow(31, .ltf64, .twoRegisters, "flag = F[a] < F[b]"),
        OpcodeRow(32, .ltef64, .twoRegisters, "flag = F[a] <= F[b]"),
        OpcodeRow(33, .shl, .registerCount, "R[a] = R[a] << b; b = 0 means 16; modulo 32"),
        OpcodeRow(
            34, .shr, .registerCount, "R[a] = R[a] >> b, sign kept; b = 0 means 16; modulo 32"),
        OpcodeRow(35, .and, .threeRegisters, "R[c] = R[a] & R[b]"),
        OpcodeRow(36, .or, .threeRegisters, "R[c] = R[a] | R[b]"),
        OpcodeRow(37, .xor, .threeRegisters, "R[c] = R[a] ^ R[b]"),
        OpcodeRow(38, .not, .twoRegisters, "R[b] = ~R[a]"),
        OpcodeRow(39, .lui, .registerImmediate, "R[a] = R[a] << 16 | n"),
        OpcodeRow(40, .cloop, .number, "loop counter = n"),
        OpcodeRow(
            41, .loop, .address, "if loop counter != 0: loop counter = loop counter - 1, pc = n"),
        OpcodeRow(42, .loadm, .twoRegisters, "R[b] = the heap word at R[a], little-endian"),
        OpcodeRow(43, .setm, .twoRegisters, "the heap word at R[a] = R[b], little-endian"),
        OpcodeRow(44, .push, .register, "push R[a]"),
        OpcodeRow(45, .pop, .register, "R[a] = pop"),
        OpcodeRow(46, .call, .address, "push pc + 4, push bp; bp = sp; pc = n"),
        OpcodeRow(47, .ret, .none, "drop what the call left; bp = pop; pc = pop"),
    ]

    /// The opcode's line in `table`.
    public var row: OpcodeRow { Self.table[Int(rawValue)] }

    /// The mnemonic, in lower case.
    public var name: String { String(describing: self) }

    /// The operand form.
    public var form: OperandForm { row.form }
}

/// The meaning of an instruction's three operand bytes, and how a source writes them.
public enum OperandForm: Sendable, CaseIterable {
    /// No operand; the bytes are ignored.
    case none
    /// `$a`
    case register
    /// `$a $b`
    case twoRegisters
    /// `$a $b $c`
    case threeRegisters
    /// `$a #n` or `$a @label`: a number that may also name an address, and may take two words.
    case registerNumber
    /// `$a #n`: 16 bits.
    case registerImmediate
    /// `$a #n`: 16 bits, read as an unsigned number.
    case registerUnsigned
    /// `$a #count`: one byte, which may be left out (0) or, as in old sources, written `$count`.
    case registerCount
    /// `#n`: 16 bits.
    case number
    /// `@label` or `#n`: 16 bits.
    case address

    /// How many of the operand bytes, from the first, name registers.
    public var registerCount: Int {
        switch self {
        case .none, .number, .address: 0
        case .register, .registerNumber, .registerImmediate, .registerUnsigned, .registerCount: 1
        case .twoRegisters: 2
        case .threeRegisters: 3
        }
    }

    /// The operands as a source writes them.
    public var spelling: String {
        switch self {
        case .none: ""
        case .register: "$a"
        case .twoRegisters: "$a $b"
        case .threeRegisters: "$a $b $c"
        case .registerNumber: "$a #n or $a @label"
        case .registerImmediate, .registerUnsigned: "$a #n"
        case .registerCount: "$a #count"
        case .number: "#n"
        case .address: "@label or #n"
        }
    }
}
