/// The loop that executes a decoded program: the hot code of the machine.
///
/// It works on raw pointers because bounds checks and uniqueness checks would cost more than the
/// instructions themselves. Every index used with them is proved before:
/// - a register number is below 32: `DecodedProgram` made everything else `.slow`;
/// - a word index is at most the index of the last word, which is `.slow` and leaves the loop:
///   `DecodedProgram` checked the fixed targets, `jump` checks the computed ones;
/// - a heap address is below `heapBytes`, a stack index below `stackRoom`, checked here.
/// Whatever fails such a check, or is rare, leaves the loop before the instruction has any effect,
/// and `Machine.step()` executes it.
enum FastLoop {
    /// What the loop changes beside the memory above.
    struct State {
        var index: Int
        var budget: Int
        var equalFlag: Bool
        var remainder: Int32
        var loopCounter: UInt16
        var stackDepth: Int
        var frames: Frames
    }

    /// The most instructions one word stands for. The loop ends when fewer are left to execute.
    static let mostPerWord = 2

    /// Executes words until one is `.slow`, cannot be done here, or the budget is nearly spent.
    ///
    /// - Parameters:
    ///   - words: The decoded program, `wordCount` words; word 0 has the address `base`.
    ///   - heap: `heapBytes` bytes that can be accessed in place; `pages` marks those written.
    ///   - stack: Room for `stackRoom` entries.
    @inline(never)
    static func run(
        _ state: inout State, words: UnsafePointer<DecodedProgram.Word>, wordCount: Int, base: Int,
        registers: UnsafeMutablePointer<Int32>, floats: UnsafeMutablePointer<Double>,
        heap: UnsafeMutablePointer<UInt8>, pages: UnsafeMutablePointer<UInt8>, heapBytes: Int,
        stack: UnsafeMutablePointer<Int32>, stackRoom: Int
    ) {
        /// The word at `address`. Nil where there is none: `step()` knows what that means.
        @inline(__always)
        func wordIndex(of address: Int) -> Int? {
            let offset = address &- base
            guard offset >= 0, offset & 3 == 0, offset &>> 2 < wordCount else { return nil }
            return offset &>> 2
        }
        var index = state.index
        var budget = state.budget
        var flag = state.equalFlag
        defer {
            state.index = index
            state.budget = budget
            state.equalFlag = flag
        }
        while budget >= Self.mostPerWord {
            let word = words[index]
            let a = Int(word.a)
            let b = Int(word.b)
            let c = Int(word.c)
            budget &-= 1
            switch word.operation {
            case .load: registers[a] = word.operand
            case .add: registers[c] = registers[a] &+ registers[b]
            case .sub: registers[c] = registers[a] &- registers[b]
            case .mul: registers[c] = registers[a] &* registers[b]
            case .and: registers[c] = registers[a] & registers[b]
            case .or: registers[c] = registers[a] | registers[b]
            case .xor: registers[c] = registers[a] ^ registers[b]
            case .not: registers[b] = ~registers[a]
            case .inc: registers[a] &+= 1
            case .dec: registers[a] &-= 1
            case .lui: registers[a] = registers[a] &<< 16 | word.operand
            case .shl: registers[a] = registers[a] &<< word.operand
            case .shr: registers[a] = registers[a] &>> word.operand
            case .nop: break
            case .div:
                let divisor = registers[b]
                // Division by -1 may overflow, by 0 it must fail: rare enough for `step()`.
                guard UInt32(bitPattern: divisor &+ 1) > 1 else { budget &+= 1; return }
                let dividend = registers[a]
                registers[c] = dividend / divisor
                state.remainder = dividend % divisor

            case .loadf64: floats[a] = Double(word.operand)
            case .addf64: floats[c] = floats[a] + floats[b]
            case .subf64: floats[c] = floats[a] - floats[b]
            case .mulf64: floats[c] = floats[a] * floats[b]
            case .divf64: floats[c] = floats[a] / floats[b]

            case .eq: flag = registers[a] == registers[b]
            case .neq: flag = registers[a] != registers[b]
            case .gte: flag = registers[a] >= registers[b]
            case .lte: flag = registers[a] <= registers[b]
            case .lt: flag = registers[a] < registers[b]
            case .gt: flag = registers[a] > registers[b]
            case .eqf64: flag = abs(floats[a] - floats[b]) < Double.ulpOfOne
            case .neqf64: flag = abs(floats[a] - floats[b]) > Double.ulpOfOne
            case .gtf64: flag = floats[a] > floats[b]
            case .gtef64: flag = floats[a] >= floats[b]
            case .ltf64: flag = floats[a] < floats[b]
            case .ltef64: flag = floats[a] <= floats[b]

            case .loadm:
                let address = Int(registers[a])
                guard address >= 0, address <= heapBytes &- 4 else { budget &+= 1; return }
                registers[b] = Int32(
                    littleEndian: UnsafeRawPointer(heap).loadUnaligned(
                        fromByteOffset: address, as: Int32.self))
            case .setm:
                let address = Int(registers[a])
                guard address >= 0, address <= heapBytes &- 4 else { budget &+= 1; return }
                UnsafeMutableRawPointer(heap).storeBytes(
                    of: registers[b].littleEndian, toByteOffset: address, as: Int32.self)
                pages[address &>> Heap.pageShift] = 1
                pages[(address &+ 3) &>> Heap.pageShift] = 1

            case .push:
                guard state.stackDepth < stackRoom else { budget &+= 1; return }
                stack[state.stackDepth] = registers[a]
                state.stackDepth &+= 1
                state.frames.stackPointer &+= 1
            case .pop:
                guard state.stackDepth > 0 else { budget &+= 1; return }
                state.stackDepth &-= 1
                state.frames.stackPointer &-= 1
                registers[a] = stack[state.stackDepth]

            // Jumps. They set the index and go on at the top.
            case .djmpe:
                index = flag ? Int(word.operand) : index &+ 1
                continue
            case .eqJump:
                flag = registers[a] == registers[b]
                budget &-= 1
                index = flag ? Int(word.operand) : index &+ 2
                continue
            case .neqJump:
                flag = registers[a] != registers[b]
                budget &-= 1
                index = flag ? Int(word.operand) : index &+ 2
                continue
            case .gteJump:
                flag = registers[a] >= registers[b]
                budget &-= 1
                index = flag ? Int(word.operand) : index &+ 2
                continue
            case .lteJump:
                flag = registers[a] <= registers[b]
                budget &-= 1
                index = flag ? Int(word.operand) : index &+ 2
                continue
            case .ltJump:
                flag = registers[a] < registers[b]
                budget &-= 1
                index = flag ? Int(word.operand) : index &+ 2
                continue
            case .gtJump:
                flag = registers[a] > registers[b]
                budget &-= 1
                index = flag ? Int(word.operand) : index &+ 2
                continue
            case .cloop:
                state.loopCounter = UInt16(truncatingIfNeeded: word.operand)
            case .loop:
                if state.loopCounter != 0 {
                    state.loopCounter &-= 1
                    index = Int(word.operand)
                    continue
                }
            case .jmp:
                guard let target = wordIndex(of: Int(registers[a])) else { budget &+= 1; return }
                index = target
                continue
            case .jmpe:
                if flag {
                    guard let target = wordIndex(of: Int(registers[a])) else {
                        budget &+= 1
                        return
                    }
                    index = target
                    continue
                }
            case .jmpf:
                let address = base &+ 4 &* index &+ 2 &+ Int(registers[a])
                guard let target = wordIndex(of: address) else { budget &+= 1; return }
                index = target
                continue
            case .jmpb:
                let address = base &+ 4 &* index &+ 2 &- Int(registers[a])
                guard let target = wordIndex(of: address) else { budget &+= 1; return }
                index = target
                continue
            case .call:
                guard state.stackDepth &+ 2 <= stackRoom else { budget &+= 1; return }
                stack[state.stackDepth] = Int32(truncatingIfNeeded: base &+ 4 &* index &+ 4)
                stack[state.stackDepth &+ 1] = Int32(
                    truncatingIfNeeded: state.frames.basePointer)
                state.stackDepth &+= 2
                state.frames.basePointer = state.frames.stackPointer
                state.frames.callDepth &+= 1
                index = Int(word.operand)
                continue
            case .ret:
                let depth = state.frames.returnDepth(current: state.stackDepth)
                guard depth >= 2, depth <= state.stackDepth,
                    let target = wordIndex(of: Int(stack[depth &- 2]))
                else { budget &+= 1; return }
                state.stackDepth = depth &- 2
                state.frames.stackPointer = state.frames.basePointer
                state.frames.basePointer = Int(stack[depth &- 1])
                state.frames.callDepth = max(0, state.frames.callDepth &- 1)
                index = target
                continue
            case .slow:
                budget &+= 1
                return
            }
            index &+= 1
        }
    }
}
