/// How a program ends.
///
/// A program ends gracefully, with a code (0 for HLT, 1 if it reached bytes that are not an
/// instruction), or by a crash: an instruction could not be executed. A crash leaves the machine as
/// it was before that instruction.
public enum Stop: Equatable, Sendable {
    /// HLT: code 0. The program counter points at the next word.
    case halted
    /// The byte at `address` is not an opcode: code 1.
    case illegalOpcode(byte: UInt8, address: Int)
    /// The program counter reached the byte after the program: code 1.
    case endOfProgram
    /// A jump led outside the program, to `address`: code 1.
    case leftProgram(address: Int)
    /// A fault.
    case crashed(Crash)

    /// The documents' stop code. A crash has the code of its kind.
    public var code: UInt32 {
        switch self {
        case .halted: 0
        case .illegalOpcode, .endOfProgram, .leftProgram: 1
        case .crashed(let crash): crash.code
        }
    }

    /// The stop as an event.
    public var event: Event {
        switch self {
        case .halted, .illegalOpcode, .endOfProgram, .leftProgram: .gracefulStop(code: code)
        case .crashed(let crash): .crash(crash)
        }
    }
}

/// A fault: the instruction and what was wrong.
public struct Crash: Error, Equatable, Sendable {
    /// The kinds of fault; the raw value is the stop code.
    public enum Kind: UInt32, CaseIterable, Sendable {
        /// The program does not begin with a header.
        case header = 1
        /// The program ends within the instruction.
        case truncated
        /// A register byte above 31.
        case register
        /// Division by zero, or a quotient that has no 32-bit value.
        case division
        /// A heap access outside the heap, or a heap of negative length.
        case heap
        /// POP or RET without enough on the stack.
        case stack
        /// PRTS outside the read-only data, or a string without an end.
        case readOnlyData
        /// One of `Limits`.
        case limit
    }

    /// The kind of fault.
    public let kind: Kind
    /// Where the faulting instruction starts, as an index into the program.
    public let address: Int
    /// One sentence, without a full stop: `cannot divide $0 by $1: the divisor is 0`.
    public let message: String

    /// The stop code, 1 to 8.
    public var code: UInt32 { kind.rawValue }
}

/// An event of a whole machine. The owner adds the time.
public enum Event: Equatable, Sendable {
    /// `run` began.
    case start
    /// The program stopped by itself.
    case gracefulStop(code: UInt32)
    /// The program was stopped by a fault.
    case crash(Crash)

    /// The stop code: 0 for a start.
    public var stopCode: UInt32 {
        switch self {
        case .start: 0
        case .gracefulStop(let code): code
        case .crash(let crash): crash.code
        }
    }
}

/// The result of a call of `run` or `execute`.
public struct Outcome: Equatable, Sendable {
    /// The reason why the call returned.
    public enum Reason: Equatable, Sendable {
        /// The program ended.
        case stopped(Stop)
        /// All instructions of the budget were executed. Call again to go on.
        case outOfBudget
        /// `Limits.outputBytes` of text are waiting. Take the output and call again to go on.
        case outputFull
    }

    /// The reason why the call returned.
    public let reason: Reason
    /// Instructions executed in this call, including the one that stopped. A fetch outside the
    /// program does not count.
    public let instructions: Int

    package init(reason: Reason, instructions: Int) {
        self.reason = reason
        self.instructions = instructions
    }
}
