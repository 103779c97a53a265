import IridiumAssembler
import IridiumVM
import Testing

/// What the owner of a machine relies on: budgets, pauses, crashes, bounds, the prompt's use.
struct MachineTests {
    private func machine(_ code: String, data: String = "") throws -> Machine {
        let source = ".data\n\(data)\n.code\n\(code)\n"
        return Machine(id: "test", image: try Assembler.assemble(source).image)
    }

    // MARK: Budget

    @Test func `an endless loop uses its budget to the instruction and goes on from there`() throws
    {
        var machine = try machine("again: inc $0\neq $9 $9\ndjmpe @again")
        for budget in [0, 1, 2, 3, 4, 7, 1000] {
            let before = machine.instructionsExecuted
            let outcome = machine.run(atMost: budget)
            #expect(outcome == Outcome(reason: .outOfBudget, instructions: budget))
            #expect(machine.instructionsExecuted == before + budget)
        }
        #expect(machine.registers[0] == 339)
        #expect(machine.events == [.start])
        #expect(machine.isRunning)
    }

    @Test func `the largest budget is no trap`() throws {
        var machine = try machine("load $0 #1\nhlt")
        #expect(machine.run(atMost: .max).reason == .stopped(.halted))
        #expect(machine.run(atMost: -1).reason == .outOfBudget)
    }

    @Test func `a program that ran to its end runs again, with registers and events kept`() throws {
        var machine = try machine("inc $0\nhlt")
        _ = machine.run(atMost: 10)
        _ = machine.run(atMost: 10)
        #expect(machine.registers[0] == 2)
        let stop = Event.gracefulStop(code: 0)
        #expect(machine.events == [.start, stop, .start, stop])
    }

    @Test func `a copy runs without touching the original`() throws {
        let original = try machine("load $0 #60\nsetm $0 $0\npush $0\nhlt")
        var copy = original
        _ = copy.run(atMost: 10)
        #expect(copy.nonzeroHeapBytes.count == 1)
        #expect(copy.stack == [60])
        #expect(original.nonzeroHeapBytes.isEmpty)
        #expect(original.stack.isEmpty)
        #expect(original.events.isEmpty)
    }

    // MARK: Crashes

    @Test(arguments: [
        ("div $0 $1 $2", Crash.Kind.division), ("pop $0", .stack), ("ret", .stack),
        ("prts #0", .readOnlyData), ("load $0 #61\nloadm $0 $1", .heap),
        ("load $0 #-1\nsetm $0 $1", .heap), ("load $0 #-65\naloc $0", .heap),
        ("load $0 #2147483647\naloc $0", .limit), ("again: push $0\ncall @again", .limit),
    ])
    func `a fault is a crash of its kind, at its instruction`(_ code: String, _ kind: Crash.Kind)
        throws
    {
        var machine = try machine("load $3 #7\n" + code)
        let outcome = machine.run(atMost: 10_000_000)
        guard case .stopped(.crashed(let crash)) = outcome.reason else {
            Issue.record("no crash: \(outcome)")
            return
        }
        #expect(crash.kind == kind)
        #expect(crash.code == kind.rawValue)
        #expect(crash.address == machine.programCounter)
        #expect(!crash.message.isEmpty)
        #expect(machine.events == [.start, .crash(crash)])
        #expect(machine.registers[3] == 7)
    }

    @Test func `a program cut off within an instruction crashes, one cut off after HLT stops`() {
        for (code, expected) in [
            ([0, 0, 0], Crash.Kind.truncated), ([0x2E, 0], .truncated), ([6], .truncated),
        ] as [([UInt8], Crash.Kind)] {
            var machine = Machine(id: "test", image: Image(readOnlyData: [], code: code).bytes)
            let reason = machine.run(atMost: 10).reason
            guard case .stopped(.crashed(let crash)) = reason else {
                Issue.record("no crash: \(reason)")
                return
            }
            #expect(crash.kind == expected)
        }
        var machine = Machine(id: "test", image: Image(readOnlyData: [], code: [5]).bytes)
        #expect(machine.run(atMost: 10).reason == .stopped(.halted))
    }

    @Test func `an image of every length below a header crashes with code 1`() {
        for length in 0..<Image.headerBytes {
            var image = Image(readOnlyData: [], code: []).bytes
            image.removeLast(Image.headerBytes - length)
            var machine = Machine(id: "test", image: image)
            _ = machine.run(atMost: 10)
            #expect(machine.events.map(\.stopCode) == [0, 1])
        }
    }

    @Test func `a program above the limit is refused when it runs`() {
        let code = [UInt8](repeating: 0, count: Limits.programBytes)
        var machine = Machine(id: "test", image: Image(readOnlyData: [], code: code).bytes)
        #expect(machine.run(atMost: 1).instructions == 0)
        #expect(machine.events.last?.stopCode == Crash.Kind.limit.rawValue)
        #expect(machine.append(words: [5, 0, 0, 0]) == nil)
    }

    // MARK: Bounds

    @Test func `the stack takes its limit and not one entry more`() throws {
        var machine = try machine("again: push $0\neq $9 $9\ndjmpe @again")
        let outcome = machine.run(atMost: 3 * Limits.stackEntries + 3)
        guard case .stopped(.crashed(let crash)) = outcome.reason else {
            Issue.record("no crash")
            return
        }
        #expect(crash.kind == .limit)
        #expect(machine.stack.count == Limits.stackEntries)
    }

    @Test func `the heap grows to its limit, keeps what was written, and forgets what was cut off`()
        throws
    {
        var machine = try machine(
            """
            load $0 #\(Limits.heapBytes - 64)
            aloc $0
            load $1 #\(Limits.heapBytes - 4)
            load $2 #-1
            setm $1 $2
            setm $4 $2
            load $3 #-4096
            aloc $3
            not $3 $3
            inc $3
            aloc $3
            loadm $1 $5
            loadm $4 $6
            hlt
            """)
        #expect(machine.run(atMost: 100).reason == .stopped(.halted))
        #expect(machine.heapLength == Limits.heapBytes)
        #expect(machine.registers[5] == 0)
        #expect(machine.registers[6] == -1)
        #expect(machine.nonzeroHeapBytes.map(\.address) == [0, 1, 2, 3])
    }

    @Test func `a printing loop pauses when the text is not taken, and goes on when it is`() throws
    {
        var machine = try machine(
            "again: prts @s\neq $9 $9\ndjmpe @again",
            data: "s: .asciiz '\(String(repeating: "x", count: 30_000))'")
        let first = machine.run(atMost: 1_000_000)
        #expect(first.reason == .outputFull)
        #expect(machine.run(atMost: 10) == Outcome(reason: .outputFull, instructions: 0))
        let text = machine.takeOutput()
        #expect(text.utf8.count <= Limits.outputBytes)
        #expect(text.utf8.count == 34 * 30_000)
        #expect(machine.run(atMost: 10) == Outcome(reason: .outOfBudget, instructions: 10))
    }

    @Test func `a string without end or of more than a mebibyte crashes`() {
        let code: [UInt8] = [Opcode.prts.rawValue, 0, 0, 0]
        for (count, terminated, kind) in [
            (5, false, Crash.Kind.readOnlyData), (Limits.outputBytes + 1, true, .limit),
        ] {
            let data = [UInt8](repeating: 65, count: count) + (terminated ? [0] : [])
            var machine = Machine(id: "test", image: Image(readOnlyData: data, code: code).bytes)
            _ = machine.run(atMost: 10)
            #expect(machine.events.last?.stopCode == kind.rawValue)
        }
    }

    @Test func `a string that is not UTF-8 prints where it goes wrong`() {
        let code: [UInt8] = [Opcode.prts.rawValue, 0, 0, 0, 5]
        for (bytes, valid, length) in [
            ([0x61, 0xFF, 0x62], 1, "Some(\n        1,\n    )"),
            ([0x61, 0x62, 0xE2, 0x82], 2, "None"),
            ([0xED, 0xA0, 0x80], 0, "Some(\n        1,\n    )"),
            ([0xF0, 0x90, 0x41], 0, "Some(\n        2,\n    )"),
        ] as [([UInt8], Int, String)] {
            let image = Image(readOnlyData: bytes + [0], code: code)
            var machine = Machine(id: "test", image: image.bytes)
            #expect(machine.run(atMost: 10).reason == .stopped(.halted))
            let expected =
                "Error decoding string for prts instruction: Utf8Error {\n"
                + "    valid_up_to: \(valid),\n    error_len: \(length),\n}\n"
            #expect(machine.takeOutput() == expected)
        }
    }

    @Test func `a machine forgets its oldest events, not its newest`() throws {
        var machine = try machine("hlt")
        for _ in 0..<Limits.events { _ = machine.run(atMost: 1) }
        #expect(machine.events.count == Limits.events)
        #expect(machine.events.last == .gracefulStop(code: 0))
    }

    // MARK: Calls

    @Test func `a routine that pushes without popping returns to its caller all the same`() throws {
        var machine = try machine(
            """
            push $8
            call @outer
            load $1 #1
            hlt
            outer: push $8
            call @inner
            push $8
            load $2 #2
            ret
            inner: push $8
            push $8
            load $3 #3
            ret
            """)
        #expect(machine.run(atMost: 100).reason == .stopped(.halted))
        #expect(machine.registers[1...3] == [1, 2, 3])
        #expect(machine.stack == [0])
    }

    // MARK: Odd places

    @Test func `jumps to odd addresses are served`() {
        // jmp $1 leads to byte 70: from there the same bytes read as other words.
        let code: [UInt8] = [0, 1, 0, 78, 6, 1, 0, 0, 0, 0, 0, 2, 0, 9, 5, 0]
        var machine = Machine(id: "test", image: Image(readOnlyData: [], code: code).bytes)
        #expect(machine.run(atMost: 100).reason == .stopped(.halted))
        #expect(machine.registers[2] == 9)
    }

    // MARK: Prompt

    @Test func `words of a prompt run from where they were appended and stay after HLT`() {
        var machine = Machine(id: "prompt")
        for (words, registers) in [
            ([0, 0, 0, 7], [7, 0]), ([5, 0, 0, 0], [7, 0]), ([0, 1, 0, 2], [7, 2]),
        ] as [([UInt8], [Int32])] {
            guard let address = machine.append(words: words) else {
                Issue.record("no room")
                return
            }
            machine.programCounter = address
            let reason = machine.resume(atMost: 100).reason
            #expect(reason == .stopped(words[0] == 5 ? .halted : .endOfProgram))
            #expect(machine.programCounter == machine.program.count)
            #expect(Array(machine.registers[0..<2]) == registers)
        }
        #expect(machine.events.isEmpty)
    }

    @Test func `loading an image replaces the program and the stack, not the registers`() throws {
        var machine = try machine("load $0 #5\npush $0\nhlt")
        _ = machine.run(atMost: 10)
        let image = try Assembler.assemble(".data .code inc $0 hlt").image
        machine.load(image: image)
        #expect(machine.program == image)
        #expect(machine.stack.isEmpty)
        #expect(machine.programCounter == Image.headerBytes)
        _ = machine.run(atMost: 10)
        #expect(machine.registers[0] == 6)
        machine.clearRegisters()
        #expect(machine.registers.allSatisfy { $0 == 0 })
        machine.clearProgram()
        #expect(machine.program.isEmpty)
    }

    @Test func `setting what does not exist is refused`() {
        var machine = Machine(id: "test")
        let accepted = [
            machine.setRegister(32, to: 1), machine.setRegister(-1, to: 1),
            machine.setFloatRegister(32, to: 1), machine.setHeapByte(1, at: 64),
        ]
        #expect(!accepted.contains(true))
        #expect(machine.heapByte(at: -1) == nil)
        machine.programCounter = .max
        #expect(machine.step() == .stopped(.leftProgram(address: .max)))
        machine.programCounter = .min
        #expect(machine.resume(atMost: 5).reason == .stopped(.leftProgram(address: .min)))
    }
}
