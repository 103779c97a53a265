/// One instruction at a time, from the bytes: the definition of the machine.
///
/// This is the plain reading of the instruction set. `run` decodes the program once, which makes it
/// much faster, and uses this code for everything rare: a fault, a jump to another alignment,
/// growth of heap or stack, printing. Tests compare the two.
extension Machine {
    /// The result of one step.
    public enum Step: Equatable, Sendable {
        /// The instruction was executed; there may be another.
        case executed
        /// The program ended. A fetch outside the program does not count as an instruction.
        case stopped(Stop)
        /// The next instruction prints and there is no room. Take the output first.
        case outputFull
    }

    /// Executes the instruction at the program counter. Leaves no event; needs no header.
    ///
    /// A fault changes nothing, so the program counter still points at the faulty instruction.
    public mutating func step() -> Step {
        guard program.indices.contains(programCounter) else {
            let stop: Stop =
                programCounter == program.count
                ? .endOfProgram : .leftProgram(address: programCounter)
            return .stopped(stop)
        }
        do throws(Crash) {
            guard let instruction = try Instruction.decode(program, at: programCounter) else {
                let address = programCounter
                programCounter += 4
                instructionsExecuted += 1
                return .stopped(.illegalOpcode(byte: program[address], address: address))
            }
            if instruction.opcode == .prts {
                guard try printString(at: instruction.address) else { return .outputFull }
            } else {
                try execute(instruction)
            }
            instructionsExecuted += 1
            return instruction.opcode == .hlt
                ? .stopped(.halted) : .executed
        } catch {
            instructionsExecuted += 1
            return .stopped(.crashed(error))
        }
    }

    private mutating func execute(_ i: Instruction) throws(Crash) {
        var next = programCounter + 4
        switch i.opcode {
        case .load: registers[i.a] = Int32(i.immediate)
        case .add: registers[i.c] = registers[i.a] &+ registers[i.b]
        case .sub: registers[i.c] = registers[i.a] &- registers[i.b]
        case .mul: registers[i.c] = registers[i.a] &* registers[i.b]
        case .div: try divide(i)
        case .hlt, .nop, .prts: break
        case .jmp: next = Int(registers[i.a])
        case .jmpf: next = programCounter + 2 + Int(registers[i.a])
        case .jmpb: next = programCounter + 2 - Int(registers[i.a])
        case .eq: equalFlag = registers[i.a] == registers[i.b]
        case .neq: equalFlag = registers[i.a] != registers[i.b]
        case .gte: equalFlag = registers[i.a] >= registers[i.b]
        case .lte: equalFlag = registers[i.a] <= registers[i.b]
        case .lt: equalFlag = registers[i.a] < registers[i.b]
        case .gt: equalFlag = registers[i.a] > registers[i.b]
        case .jmpe: if equalFlag { next = Int(registers[i.a]) }
        case .aloc: try allocate(i)
        case .inc: registers[i.a] &+= 1
        case .dec: registers[i.a] &-= 1
        case .djmpe: if equalFlag { next = i.address }
        case .loadf64: floatRegisters[i.a] = Double(i.immediate)
        case .addf64: floatRegisters[i.c] = floatRegisters[i.a] + floatRegisters[i.b]
        case .subf64: floatRegisters[i.c] = floatRegisters[i.a] - floatRegisters[i.b]
        case .mulf64: floatRegisters[i.c] = floatRegisters[i.a] * floatRegisters[i.b]
        case .divf64: floatRegisters[i.c] = floatRegisters[i.a] / floatRegisters[i.b]
        case .eqf64: equalFlag = distance(i) < Double.ulpOfOne
        case .neqf64: equalFlag = distance(i) > Double.ulpOfOne
        case .gtf64: equalFlag = floatRegisters[i.a] > floatRegisters[i.b]
        case .gtef64: equalFlag = floatRegisters[i.a] >= floatRegisters[i.b]
        case .ltf64: equalFlag = floatRegisters[i.a] < floatRegisters[i.b]
        case .ltef64: equalFlag = floatRegisters[i.a] <= floatRegisters[i.b]
        case .shl: registers[i.a] = registers[i.a] &<< Self.shiftCount(i.b)
        case .shr: registers[i.a] = registers[i.a] &>> Self.shiftCount(i.b)
        case .and: registers[i.c] = registers[i.a] & registers[i.b]
        case .or: registers[i.c] = registers[i.a] | registers[i.b]
        case .xor: registers[i.c] = registers[i.a] ^ registers[i.b]
        case .not: registers[i.b] = ~registers[i.a]
        case .lui: registers[i.a] = registers[i.a] &<< 16 | Int32(i.immediate)
        case .cloop: loopCounter = UInt16(truncatingIfNeeded: i.address)
        case .loop:
            if loopCounter != 0 {
                loopCounter -= 1
                next = i.address
            }
        case .loadm: try loadWord(i)
        case .setm: try storeWord(i)
        case .push:
            guard push(registers[i.a]) else { throw stackIsFull(i) }
        case .pop: try pop(i)
        case .call: next = try call(i)
        case .ret: next = try returnAddress()
        }
        programCounter = next
    }

    /// A count of 0 means 16; the processor takes the count modulo 32.
    static func shiftCount(_ byte: Int) -> Int32 {
        byte == 0 ? 16 : Int32(truncatingIfNeeded: byte & 31)
    }

    private func distance(_ i: Instruction) -> Double {
        abs(floatRegisters[i.a] - floatRegisters[i.b])
    }

    private mutating func divide(_ i: Instruction) throws(Crash) {
        let dividend = registers[i.a]
        let divisor = registers[i.b]
        guard divisor != 0 else {
            throw crash(.division, "cannot divide \(dividend) ($\(i.a)) by $\(i.b): it is 0")
        }
        guard !(dividend == .min && divisor == -1) else {
            throw crash(
                .division, "cannot divide \(dividend) by -1: the quotient has no 32-bit value")
        }
        registers[i.c] = dividend / divisor
        remainder = dividend % divisor
    }

    // MARK: Heap

    private mutating func allocate(_ i: Instruction) throws(Crash) {
        do throws(HeapFault) {
            try heap.resize(by: Int(registers[i.a]), limit: bounds.heapBytes)
        } catch {
            switch error {
            case .negativeLength(let length):
                throw crash(.heap, "cannot shrink the heap to \(length) bytes")
            case .tooLong(let length):
                throw crash(
                    .limit,
                    "cannot grow the heap to \(length) bytes: the limit is \(bounds.heapBytes)")
            }
        }
    }

    private mutating func loadWord(_ i: Instruction) throws(Crash) {
        let address = Int(registers[i.a])
        guard let word = heap.word(at: address) else { throw outsideHeap("read", address) }
        registers[i.b] = word
    }

    private mutating func storeWord(_ i: Instruction) throws(Crash) {
        let address = Int(registers[i.a])
        guard heap.setWord(registers[i.b], at: address) else {
            throw outsideHeap("write", address)
        }
    }

    private func outsideHeap(_ verb: String, _ address: Int) -> Crash {
        crash(
            .heap, "cannot \(verb) 4 bytes at heap address \(address): the heap has \(heap.length)")
    }

    // MARK: Stack

    private mutating func pop(_ i: Instruction) throws(Crash) {
        guard stackDepth > 0 else { throw crash(.stack, "cannot pop: the stack is empty") }
        stackDepth -= 1
        frames.stackPointer -= 1
        registers[i.a] = stackStorage[stackDepth]
    }

    private mutating func call(_ i: Instruction) throws(Crash) -> Int {
        guard makeStackRoom(for: 2) else { throw stackIsFull(i) }
        stackStorage[stackDepth] = Int32(truncatingIfNeeded: programCounter + 4)
        stackStorage[stackDepth + 1] = Int32(truncatingIfNeeded: frames.basePointer)
        stackDepth += 2
        frames.basePointer = frames.stackPointer
        frames.callDepth += 1
        return i.address
    }

    private mutating func returnAddress() throws(Crash) -> Int {
        let depth = frames.returnDepth(current: stackDepth)
        guard depth >= 2, depth <= stackDepth else {
            throw crash(.stack, "cannot return: the stack holds no return address")
        }
        stackDepth = depth - 2
        frames.stackPointer = frames.basePointer
        frames.basePointer = Int(stackStorage[depth - 1])
        frames.callDepth = max(0, frames.callDepth - 1)
        return Int(stackStorage[depth - 2])
    }

    private func stackIsFull(_ i: Instruction) -> Crash {
        crash(
            .limit, "cannot \(i.opcode.name): the stack holds its limit of \(bounds.stackEntries)")
    }

    func crash(_ kind: Crash.Kind, _ message: String) -> Crash {
        Crash(kind: kind, address: programCounter, message: message)
    }
}
