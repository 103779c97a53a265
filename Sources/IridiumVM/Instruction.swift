/// One instruction, decoded and checked: its register bytes name registers.
struct Instruction {
    let opcode: Opcode
    let a: Int
    let b: Int
    let c: Int
    /// Bytes 1 and 2, in the forms without a register.
    let address: Int
    /// Bytes 2 and 3, in the forms with a register.
    let immediate: UInt16

    /// Decodes the four bytes at `address`; `program` has at least one byte there.
    ///
    /// An instruction that stops or jumps needs only the operand bytes that it reads: a HLT may be
    /// the last byte of a program. Every other instruction goes on to the next word and must be
    /// whole.
    static func decode(_ program: [UInt8], at start: Int) throws(Crash) -> Instruction? {
        guard let opcode = Opcode(rawValue: program[start]) else { return nil }
        guard program.count - start >= opcode.bytesNeeded else {
            throw Crash(
                kind: .truncated, address: start,
                message: "cannot execute \(opcode.name): the program ends within it")
        }
        func byte(_ offset: Int) -> UInt8 {
            start + offset < program.count ? program[start + offset] : 0
        }
        let operands = [byte(1), byte(2), byte(3)]
        for register in operands.prefix(opcode.form.registerCount)
        where register >= Limits.registers {
            throw Crash(
                kind: .register, address: start,
                message: "cannot execute \(opcode.name): there is no register $\(register)")
        }
        return Instruction(
            opcode: opcode, a: Int(operands[0]), b: Int(operands[1]), c: Int(operands[2]),
            address: Int(operands[0]) << 8 | Int(operands[1]),
            immediate: UInt16(operands[1]) << 8 | UInt16(operands[2]))
    }
}

extension Opcode {
    /// The number of bytes that must exist for the instruction to be executed.
    var bytesNeeded: Int {
        switch self {
        case .hlt, .ret: 1
        case .jmp, .jmpf, .jmpb, .jmpe: 2
        case .call: 3
        default: 4
        }
    }
}
