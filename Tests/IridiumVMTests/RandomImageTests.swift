import IridiumAssembler
import IridiumVM
import Testing

/// Random programs: none traps, none passes a bound, and `run` does what `step` does.
///
/// Each program is run twice, once instruction by instruction, once through the decoded program in
/// slices of random length; everything one can see of the two machines must agree. A failure names
/// its seed; `IRIDIUM_FIRST_SEED=n IRIDIUM_RANDOM_IMAGES=1` replays it.
struct RandomImageTests {
    @Test func `run and step agree on random images, within all bounds`() throws {
        let first = firstSeed()
        let count = attempts("IRIDIUM_RANDOM_IMAGES", otherwise: 1_500)
        for seed in first..<(first + count) {
            var random = RandomNumbers(seed: UInt64(seed))
            let image = Self.image(&random)
            let difference = Self.difference(image, budget: 400, random: &random)
            try #require(difference == nil, "seed \(seed): \(difference ?? "")")
        }
    }

    @Test func `disassembling a random image gives text or nil, never a trap`() throws {
        let first = firstSeed()
        let count = attempts("IRIDIUM_RANDOM_IMAGES", otherwise: 1_500)
        for seed in first..<(first + count) {
            var random = RandomNumbers(seed: UInt64(seed))
            let image = Self.image(&random)
            guard let text = Disassembler.disassemble(image) else { continue }
            // Whatever the text leaves out, it leaves out as a comment.
            _ = try #require(try? Assembler.assemble(text), "seed \(seed): \(text)")
        }
    }

    /// Runs both ways. Returns what differs.
    static func difference(_ image: [UInt8], budget: Int, random: inout RandomNumbers) -> String? {
        var stepped = Machine(id: "random", image: image)
        var run = stepped
        var steppedOutput = ""
        var runOutput = ""
        let steppedStop = step(&stepped, image, atMost: budget, output: &steppedOutput)
        var runStop: Stop?
        while runStop == nil, run.instructionsExecuted < budget {
            let slice = min(1 + random.below(60), budget - run.instructionsExecuted)
            let outcome = run.run(atMost: slice)
            switch outcome.reason {
            case .stopped(let stop): runStop = stop
            case .outOfBudget:
                guard outcome.instructions == slice else { return "budget not used" }
            case .outputFull: break
            }
            runOutput += run.takeOutput()
        }
        if let fault = boundFault(run) { return fault }
        if case .crashed(let crash)? = runStop, crash.kind == .header { return nil }
        // A run may end with its budget just before the fetch that shows the end of the program.
        if runStop != steppedStop, run.instructionsExecuted < budget {
            return "stops \(String(describing: steppedStop)), \(String(describing: runStop))"
        }
        guard stepped.programCounter == run.programCounter else {
            return "pc \(stepped.programCounter), \(run.programCounter)"
        }
        return state(stepped, steppedOutput) == state(run, runOutput)
            ? nil : state(stepped, steppedOutput) + "\n" + state(run, runOutput)
    }

    private static func step(
        _ machine: inout Machine, _ image: [UInt8], atMost budget: Int, output: inout String
    ) -> Stop? {
        guard Image(parsing: image) != nil else { return nil }
        while machine.instructionsExecuted < budget {
            switch machine.step() {
            case .executed: continue
            case .outputFull: output += machine.takeOutput()
            case .stopped(let stop):
                output += machine.takeOutput()
                return stop
            }
        }
        output += machine.takeOutput()
        return nil
    }

    private static func boundFault(_ machine: Machine) -> String? {
        if machine.heapLength > Limits.heapBytes { return "heap" }
        if machine.stack.count > Limits.stackEntries { return "stack" }
        return nil
    }

    /// What one can see of a machine, but its events.
    private static func state(_ machine: Machine, _ output: String) -> String {
        let floats = machine.floatRegisters.map { $0.isNaN ? "nan" : "\($0.bitPattern)" }
        return """
            \(machine.instructionsExecuted) \(machine.registers) \(floats) \(machine.equalFlag) \
            \(machine.remainder) \(machine.loopCounter) \(machine.heapLength) \
            \(machine.nonzeroHeapBytes) \(machine.stack) \(output)
            """
    }

    // MARK: Programs

    /// An image: mostly well-formed, so that it runs for a while.
    static func image(_ random: inout RandomNumbers) -> [UInt8] {
        if random.chance(3) { return garbage(&random) }
        let data = random.chance(50) ? [] : Self.data(&random)
        let words = 1 + random.below(24)
        let start = Image.headerBytes + data.count
        var code: [UInt8] = []
        for _ in 0..<words { code += word(&random, start: start, words: words) }
        if random.chance(10) { code.removeLast(random.below(4)) }
        var bytes = Image(readOnlyData: data, code: code).bytes
        if random.chance(5) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
        return bytes
    }

    private static func garbage(_ random: inout RandomNumbers) -> [UInt8] {
        (0..<random.below(120)).map { _ in UInt8(random.below(256)) }
    }

    private static func data(_ random: inout RandomNumbers) -> [UInt8] {
        (0..<random.below(20)).map { _ in
            random.chance(25) ? 0 : UInt8(random.below(random.chance(80) ? 128 : 256))
        }
    }

    private static func word(_ random: inout RandomNumbers, start: Int, words: Int) -> [UInt8] {
        if random.chance(2) { return (0..<4).map { _ in UInt8(random.below(256)) } }
        let opcode = random.pick(Opcode.allCases)
        // Few registers, so that instructions meet in them.
        let registers = (0..<3).map { _ in UInt8(random.below(random.chance(98) ? 6 : 40)) }
        let address = start + 4 * random.below(words + 1) + (random.chance(5) ? random.below(4) : 0)
        switch opcode.form {
        case .address, .number:
            let number = opcode == .prts || opcode == .cloop ? random.below(24) : address
            return [opcode.rawValue, UInt8(number >> 8 & 255), UInt8(number & 255), 0]
        case .registerNumber, .registerImmediate, .registerUnsigned:
            let number = random.chance(50) ? address : random.below(random.chance(50) ? 80 : 65536)
            return [opcode.rawValue, registers[0], UInt8(number >> 8 & 255), UInt8(number & 255)]
        case .none, .register, .twoRegisters, .threeRegisters, .registerCount:
            return [opcode.rawValue] + registers
        }
    }
}
