/// Running: a budget of instructions in, an outcome out.
extension Machine {
    /// Runs the loaded image for at most `budget` instructions.
    ///
    /// The first call notes `start` and checks the header. A call after `outOfBudget` or
    /// `outputFull` goes on from the end of the last one. A call after a stop runs the program
    /// again, with registers, heap and stack as they are. The stop becomes an event.
    ///
    /// Complexity: O(`budget`), and once O(program) to decode it.
    public mutating func run(atMost budget: Int) -> Outcome {
        if !isRunning, let stop = start() {
            finish(with: stop)
            return Outcome(reason: .stopped(stop), instructions: 0)
        }
        let outcome = resume(atMost: budget)
        if case .stopped(let stop) = outcome.reason { finish(with: stop) }
        return outcome
    }

    /// Runs from the program counter for at most `budget` instructions, without a header and
    /// without events. A prompt runs the words that it appended in this way.
    public mutating func resume(atMost budget: Int) -> Outcome {
        let executedBefore = instructionsExecuted
        var remaining = max(0, budget)
        while remaining > 0 {
            remaining -= runDecoded(atMost: min(remaining, 1 << 40))
            guard remaining > 0 else { break }
            let step = step()
            let executed = instructionsExecuted - executedBefore
            switch step {
            case .executed: remaining -= 1
            case .outputFull: return Outcome(reason: .outputFull, instructions: executed)
            case .stopped(let stop):
                return Outcome(reason: .stopped(stop), instructions: executed)
            }
        }
        return Outcome(
            reason: .outOfBudget, instructions: instructionsExecuted - executedBefore)
    }
}

extension Machine {
    /// Executes as much as the fast loop can. Returns the number of instructions executed.
    private mutating func runDecoded(atMost budget: Int) -> Int {
        let decoded = decoded ?? DecodedProgram(program, alignedAs: programCounter)
        self.decoded = decoded
        guard let index = decoded.index(of: programCounter) else { return 0 }
        var state = FastLoop.State(
            index: index, budget: budget, equalFlag: equalFlag, remainder: remainder,
            loopCounter: loopCounter, stackDepth: stackDepth, frames: frames)
        let heapBytes = heap.directBytes
        let stackRoom = stackStorage.count
        // The pointers are valid only for the call that they are passed to.
        FastLoop.run(
            &state, words: decoded.words, wordCount: decoded.words.count, base: decoded.base,
            registers: &registers, floats: &floatRegisters, heap: &heap.stored,
            pages: &heap.pageIsWritten, heapBytes: heapBytes, stack: &stackStorage,
            stackRoom: stackRoom)
        programCounter = decoded.base + 4 * state.index
        equalFlag = state.equalFlag
        remainder = state.remainder
        loopCounter = state.loopCounter
        stackDepth = state.stackDepth
        frames = state.frames
        let executed = budget - state.budget
        instructionsExecuted += executed
        return executed
    }
}
