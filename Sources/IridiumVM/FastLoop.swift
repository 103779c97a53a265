/// The loop that executes a decoded program: the hot code of the machine.
///
/// It works on raw pointers because bounds checks and uniqueness checks would cost more than the
/// instructions themselves. Every index is proved valid before it is used:
/// - a register number is below 32: `DecodedProgram` made everything else `.slow`;
/// - a word index is at most the index of the last word, which is `.slow` and leaves the loop:
///   `DecodedProgram` checked the fixed targets, `wordIndex` checks the computed ones;
/// - a heap address is below `heapBytes`, a stack index below `stackRoom`, checked here.
/// An instruction that fails such a check, or is rare, leaves the loop before it has any effect,
/// and `Machine.step()` executes it.
enum FastLoop {
    /// The state that the loop changes, apart from the memory above.
    struct State {
        var index: Int
        var budget: Int
        var equalFlag: Bool
        var remainder: Int32
        var loopCounter: UInt16
        var stackDepth: Int
        var frames: Frames
    }

    /// The most instructions that one word can hold. The loop ends when the budget has fewer left.
    static let mostPerWord = 3

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
        /// The word at `address`; nil if there is none, and `step()` decides what that means.
        @inline(__always)
        func wordIndex(of address: Int) -> Int? {
            let offset = address &- base
            guard offset >= 0, offset & 3 == 0, offset &>> 2 < wordCount else { return nil }
            return offset &>> 2
        }
        var index = state.index
        var budget = state.budget
        var flag = state.equalFlag
        /// Goes to `target` from a word that holds this many `instructions`.
        @inline(__always)
        func jump(to target: Int, after instructions: Int) {
            budget &-= instructions
            index = target
        }
        /// A comparison and the DJMPE after it, the last two of this many `instructions`.
        @inline(__always)
        func branch(if condition: Bool, to target: Int32, after instructions: Int) {
            flag = condition
            // A real branch, which the processor predicts; a conditional move would make the next
            // word wait for the comparison. Loops jump back more often than not.
            let next = _fastPath(condition) ? Int(target) : index &+ instructions
            jump(to: next, after: instructions)
        }
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
                guard UInt32(bitPattern: divisor &+ 1) > 1 else { return }
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
                guard address >= 0, address <= heapBytes &- 4 else { return }
                registers[b] = Int32(
                    littleEndian: UnsafeRawPointer(heap).loadUnaligned(
                        fromByteOffset: address, as: Int32.self))
            case .setm:
                let address = Int(registers[a])
                guard address >= 0, address <= heapBytes &- 4 else { return }
                UnsafeMutableRawPointer(heap).storeBytes(
                    of: registers[b].littleEndian, toByteOffset: address, as: Int32.self)
                pages[address &>> Heap.pageShift] = 1
                pages[(address &+ 3) &>> Heap.pageShift] = 1

            case .push:
                guard state.stackDepth < stackRoom else { return }
                stack[state.stackDepth] = registers[a]
                state.stackDepth &+= 1
                state.frames.stackPointer &+= 1
            case .pop:
                guard state.stackDepth > 0 else { return }
                state.stackDepth &-= 1
                state.frames.stackPointer &-= 1
                registers[a] = stack[state.stackDepth]

            // Jumps. They set the index and go on at the top.
            case .djmpe:
                if _fastPath(flag) {
                    jump(to: Int(word.operand), after: 1)
                    continue
                }
            case .eqJump:
                branch(if: registers[a] == registers[b], to: word.operand, after: 2)
                continue
            case .neqJump:
                branch(if: registers[a] != registers[b], to: word.operand, after: 2)
                continue
            case .gteJump:
                branch(if: registers[a] >= registers[b], to: word.operand, after: 2)
                continue
            case .lteJump:
                branch(if: registers[a] <= registers[b], to: word.operand, after: 2)
                continue
            case .ltJump:
                branch(if: registers[a] < registers[b], to: word.operand, after: 2)
                continue
            case .gtJump:
                branch(if: registers[a] > registers[b], to: word.operand, after: 2)
                continue
            case .incEqJump:
                registers[a] &+= 1
                branch(if: registers[b] == registers[c], to: word.operand, after: 3)
                continue
            case .incNeqJump:
                registers[a] &+= 1
                branch(if: registers[b] != registers[c], to: word.operand, after: 3)
                continue
            case .incGteJump:
                registers[a] &+= 1
                branch(if: registers[b] >= registers[c], to: word.operand, after: 3)
                continue
            case .incLteJump:
                registers[a] &+= 1
                branch(if: registers[b] <= registers[c], to: word.operand, after: 3)
                continue
            case .incLtJump:
                registers[a] &+= 1
                branch(if: registers[b] < registers[c], to: word.operand, after: 3)
                continue
            case .incGtJump:
                registers[a] &+= 1
                branch(if: registers[b] > registers[c], to: word.operand, after: 3)
                continue
            case .decEqJump:
                registers[a] &-= 1
                branch(if: registers[b] == registers[c], to: word.operand, after: 3)
                continue
            case .decNeqJump:
                registers[a] &-= 1
                branch(if: registers[b] != registers[c], to: word.operand, after: 3)
                continue
            case .decGteJump:
                registers[a] &-= 1
                branch(if: registers[b] >= registers[c], to: word.operand, after: 3)
                continue
            case .decLteJump:
                registers[a] &-= 1
                branch(if: registers[b] <= registers[c], to: word.operand, after: 3)
                continue
            case .decLtJump:
                registers[a] &-= 1
                branch(if: registers[b] < registers[c], to: word.operand, after: 3)
                continue
            case .decGtJump:
                registers[a] &-= 1
                branch(if: registers[b] > registers[c], to: word.operand, after: 3)
                continue
            case .cloop:
                state.loopCounter = UInt16(truncatingIfNeeded: word.operand)
            case .loop:
                if state.loopCounter != 0 {
                    state.loopCounter &-= 1
                    jump(to: Int(word.operand), after: 1)
                    continue
                }
            case .jmp:
                guard let target = wordIndex(of: Int(registers[a])) else { return }
                jump(to: target, after: 1)
                continue
            case .jmpe:
                if flag {
                    guard let target = wordIndex(of: Int(registers[a])) else { return }
                    jump(to: target, after: 1)
                    continue
                }
            case .jmpf:
                let address = base &+ 4 &* index &+ 2 &+ Int(registers[a])
                guard let target = wordIndex(of: address) else { return }
                jump(to: target, after: 1)
                continue
            case .jmpb:
                let address = base &+ 4 &* index &+ 2 &- Int(registers[a])
                guard let target = wordIndex(of: address) else { return }
                jump(to: target, after: 1)
                continue
            case .call:
                guard state.stackDepth &+ 2 <= stackRoom else { return }
                stack[state.stackDepth] = Int32(truncatingIfNeeded: base &+ 4 &* index &+ 4)
                stack[state.stackDepth &+ 1] = Int32(
                    truncatingIfNeeded: state.frames.basePointer)
                state.stackDepth &+= 2
                state.frames.basePointer = state.frames.stackPointer
                state.frames.callDepth &+= 1
                jump(to: Int(word.operand), after: 1)
                continue
            case .ret:
                let depth = state.frames.returnDepth(current: state.stackDepth)
                guard depth >= 2, depth <= state.stackDepth,
                    let target = wordIndex(of: Int(stack[depth &- 2]))
                else { return }
                state.stackDepth = depth &- 2
                state.frames.stackPointer = state.frames.basePointer
                state.frames.basePointer = Int(stack[depth &- 1])
                state.frames.callDepth = max(0, state.frames.callDepth &- 1)
                jump(to: target, after: 1)
                continue
            case .slow:
                return
            }
            jump(to: index &+ 1, after: 1)
        }
    }
}
