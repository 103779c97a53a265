/// A program decoded once, eight bytes a word. Everything that can be checked beforehand is
/// checked.
///
/// Rare words become `.slow`, which sends the loop back to `step()`. So do register bytes that name
/// no register, jumps to invalid targets, and words that the end of the program cuts off. The loop
/// itself then checks only what depends on register contents.
///
/// Only words at the alignment of the program's first word are decoded. A jump to another alignment
/// is legal; `step()` executes it.
struct DecodedProgram: Sendable {
    /// One word. `operand` is the 16-bit number, or the index of the word to jump to.
    struct Word: Sendable {
        var operation: Operation
        var a: UInt8 = 0
        var b: UInt8 = 0
        var c: UInt8 = 0
        var operand: Int32 = 0
    }

    /// The words, and one `.slow` after the last: the byte after the program.
    private(set) var words: [Word] = []
    /// Address of the first word, 0 to 3.
    let base: Int

    /// Decodes the words of `program` that are aligned as `address` is.
    init(_ program: [UInt8], alignedAs address: Int) {
        base = address & 3
        let registerCounts = Opcode.allCases.map(\.form.registerCount)
        let count = max(0, program.count - base) / 4
        words.reserveCapacity(count + 1)
        for index in 0..<count {
            let start = base + 4 * index
            words.append(
                decode(
                    program[start], program[start + 1], program[start + 2], program[start + 3],
                    registerCounts: registerCounts, count: count))
        }
        words.append(Word(operation: .slow))
        fuse()
    }

    /// The index of the word at `address`; nil if no word is decoded there.
    func index(of address: Int) -> Int? {
        let offset = address &- base
        guard offset >= 0, offset & 3 == 0, offset >> 2 < words.count else { return nil }
        return offset >> 2
    }

    private func decode(
        _ byte: UInt8, _ a: UInt8, _ b: UInt8, _ c: UInt8, registerCounts: [Int], count: Int
    ) -> Word {
        guard let opcode = Opcode(rawValue: byte) else { return Word(operation: .slow) }
        let operands = (a, b, c)
        let registers = registerCounts[Int(byte)]
        let areRegisters =
            (registers < 1 || operands.0 < UInt8(Limits.registers))
            && (registers < 2 || operands.1 < UInt8(Limits.registers))
            && (registers < 3 || operands.2 < UInt8(Limits.registers))
        guard areRegisters else { return Word(operation: .slow) }
        var word = Word(operation: Operation(opcode), a: a, b: b, c: c)
        switch opcode {
        case .djmpe, .loop, .call:
            let offset = (Int(a) << 8 | Int(b)) - base
            guard offset >= 0, offset & 3 == 0, offset >> 2 <= count else {
                return Word(operation: .slow)
            }
            word.operand = Int32(truncatingIfNeeded: offset >> 2)
        case .cloop:
            word.operand = Int32(a) << 8 | Int32(b)
        case .shl, .shr:
            word.operand = Machine.shiftCount(Int(b))
        default:
            word.operand = Int32(b) << 8 | Int32(c)
        }
        return word
    }

    /// Joins instructions that often follow each other at the end of a loop: a comparison and its
    /// DJMPE, and the INC or DEC before the two. The joined word takes the place of its first
    /// instruction and does the work of all. The others keep their places, because jumps may lead
    /// to them.
    private mutating func fuse() {
        for index in words.indices.dropLast() where words[index + 1].operation == .djmpe {
            let comparison = words[index]
            guard let fused = comparison.operation.withJump else { continue }
            words[index].operation = fused
            words[index].operand = words[index + 1].operand
            guard index > 0, let counting = fused.after(words[index - 1].operation) else {
                continue
            }
            words[index - 1].operation = counting
            words[index - 1].b = comparison.a
            words[index - 1].c = comparison.b
            words[index - 1].operand = words[index + 1].operand
        }
    }
}

/// The operation of a decoded word.
enum Operation: UInt8, Sendable {
    case load, add, sub, mul, div, jmp, jmpf, jmpb
    case eq, neq, gte, lte, lt, gt, jmpe, nop
    case inc, dec, djmpe, loadf64, addf64, subf64, mulf64, divf64
    case eqf64, neqf64, gtf64, gtef64, ltf64, ltef64, shl, shr
    case and, or, xor, not, lui, cloop, loop, loadm
    case setm, push, pop, call, ret
    /// A comparison and the DJMPE after it.
    case eqJump, neqJump, gteJump, lteJump, ltJump, gtJump
    /// INC or DEC, a comparison, and the DJMPE after it.
    case incEqJump, incNeqJump, incGteJump, incLteJump, incLtJump, incGtJump
    case decEqJump, decNeqJump, decGteJump, decLteJump, decLtJump, decGtJump
    /// Left to `step()`.
    case slow

    init(_ opcode: Opcode) {
        self =
            switch opcode {
            case .load: .load
            case .add: .add
            case .sub: .sub
            case .mul: .mul
            case .div: .div
            case .jmp: .jmp
            case .jmpf: .jmpf
            case .jmpb: .jmpb
            case .eq: .eq
            case .neq: .neq
            case .gte: .gte
            case .lte: .lte
            case .lt: .lt
            case .gt: .gt
            case .jmpe: .jmpe
            case .nop: .nop
            case .inc: .inc
            case .dec: .dec
            case .djmpe: .djmpe
            case .loadf64: .loadf64
            case .addf64: .addf64
            case .subf64: .subf64
            case .mulf64: .mulf64
            case .divf64: .divf64
            case .eqf64: .eqf64
            case .neqf64: .neqf64
            case .gtf64: .gtf64
            case .gtef64: .gtef64
            case .ltf64: .ltf64
            case .ltef64: .ltef64
            case .shl: .shl
            case .shr: .shr
            case .and: .and
            case .or: .or
            case .xor: .xor
            case .not: .not
            case .lui: .lui
            case .cloop: .cloop
            case .loop: .loop
            case .loadm: .loadm
            case .setm: .setm
            case .push: .push
            case .pop: .pop
            case .call: .call
            case .ret: .ret
            case .hlt, .aloc, .prts: .slow
            }
    }

    /// The comparison joined with a DJMPE; nil for anything but an integer comparison.
    var withJump: Operation? {
        switch self {
        case .eq: .eqJump
        case .neq: .neqJump
        case .gte: .gteJump
        case .lte: .lteJump
        case .lt: .ltJump
        case .gt: .gtJump
        default: nil
        }
    }

    /// A comparison with its jump, joined with the INC or DEC before it; nil for anything else.
    func after(_ counting: Operation) -> Operation? {
        switch (counting, self) {
        case (.inc, .eqJump): .incEqJump
        case (.dec, .eqJump): .decEqJump
        case (.inc, .neqJump): .incNeqJump
        case (.dec, .neqJump): .decNeqJump
        case (.inc, .gteJump): .incGteJump
        case (.dec, .gteJump): .decGteJump
        case (.inc, .lteJump): .incLteJump
        case (.dec, .lteJump): .decLteJump
        case (.inc, .ltJump): .incLtJump
        case (.dec, .ltJump): .decLtJump
        case (.inc, .gtJump): .incGtJump
        case (.dec, .gtJump): .decGtJump
        default: nil
        }
    }
}
