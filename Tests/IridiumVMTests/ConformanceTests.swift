import IridiumAssembler
import IridiumVM
import Testing

/// The cases of Specs/vm-cases, read from there: nothing of them is repeated here.
struct ConformanceTests {
    @Test(arguments: try conformanceCases())
    func `a conformance case holds`(_ item: ConformanceCase) throws {
        switch item.input {
        case .source(let text): checkSource(text, item)
        case .image(let bytes): checkImage(bytes, item)
        case .steps(let code, let count, let setup):
            var machine = Machine(id: "case")
            machine.load(words: code, readOnlyData: setup["ro"]?.bytes ?? [])
            for (key, value) in setup { try apply(key, value, to: &machine) }
            let stop = step(&machine, atMost: count)
            check(item, machine, after: stop)
        }
    }

    @Test func `there are conformance cases, each with something to compare`() throws {
        let cases = try conformanceCases()
        #expect(cases.count >= 159)
        #expect(Set(cases.map(\.name)).count == cases.count)
        #expect(cases.allSatisfy { !$0.compare.isEmpty })
    }

    private func checkSource(_ text: String, _ item: ConformanceCase) {
        do throws(AssemblyFailure) {
            let assembly = try Assembler.assemble(text)
            if item.isBinding {
                let fails = item.compare.contains { $0.hasPrefix("assembly_") }
                #expect(!fails, "\(item.name) was assembled, and should not be")
                if item.compare.contains("assembled") {
                    #expect(hex(assembly.image) == item.expected.assembled)
                }
            }
            checkImage(assembly.image, item)
        } catch {
            guard item.isBinding else { return }
            let errors = item.compare.contains { $0.hasPrefix("assembly_") }
            #expect(errors, "\(error.rendered(file: item.name))")
            guard let expected = item.expected.assemblyErrors else { return }
            #expect(error.errors.map(\.error.className) == expected.map(\.class))
            for (found, wanted) in zip(error.errors, expected) where wanted.message != nil {
                #expect(found.message == wanted.message)
            }
        }
    }

    private func checkImage(_ image: [UInt8], _ item: ConformanceCase) {
        var machine = Machine(id: "case", image: image)
        let budget = item.expected.noStopWithin ?? 1_000_000
        let outcome = machine.run(atMost: budget)
        if item.expected.noStopWithin != nil {
            #expect(outcome.reason == .outOfBudget)
            #expect(outcome.instructions == budget)
        }
        check(item, machine, after: nil)
    }

    /// Steps until the machine stops. Returns the stop.
    private func step(_ machine: inout Machine, atMost count: Int) -> Stop? {
        for _ in 0..<count {
            switch machine.step() {
            case .executed, .outputFull: continue
            case .stopped(let stop): return stop
            }
        }
        return nil
    }

    private func check(_ item: ConformanceCase, _ machine: Machine, after stop: Stop?) {
        guard item.isBinding else { return }
        let expected = item.expected
        let fields = Set(item.compare)
        var copy = machine
        if fields.contains("events"), let events = expected.events {
            #expect(machine.events.count == events.count)
            for (found, wanted) in zip(machine.events, events) {
                #expect(found.name == wanted.event)
                switch found {
                case .start: break
                case .gracefulStop(let code): #expect(code == wanted.code)
                case .crash(let crash):
                    #expect(crash.code != 0)
                    if let code = wanted.code { #expect(crash.code == code) }
                }
            }
        }
        if fields.contains("instructions") {
            #expect(machine.instructionsExecuted == expected.instructions)
        }
        if fields.contains("registers") {
            #expect(machine.registers == filled(expected.registers ?? [:], with: 0) { $0 })
        }
        if fields.contains("float_registers") {
            let floats = filled(expected.floatRegisters ?? [:], with: 0) { $0.value }
            // By text: it tells NaN from NaN no more than the cases do, and 0 from -0.
            #expect(machine.floatRegisters.map(\.description) == floats.map(\.description))
        }
        if fields.contains("equal_flag") { #expect(machine.equalFlag == expected.equalFlag) }
        if fields.contains("remainder") { #expect(machine.remainder == expected.remainder) }
        if fields.contains("loop_counter") {
            #expect(Int(machine.loopCounter) == expected.loopCounter)
        }
        if fields.contains("heap"), let heap = expected.heap {
            #expect(machine.heapLength == heap.length)
            let nonzero = machine.nonzeroHeapBytes.map { ("\($0.address)", $0.byte) }
            #expect(Dictionary(uniqueKeysWithValues: nonzero) == heap.nonzero)
        }
        if fields.contains("stack") { #expect(machine.stack == expected.stack) }
        if fields.contains("output") { #expect(copy.takeOutput() == expected.output) }
        if fields.contains("stop_code") { #expect(stop?.code == expected.stopCode) }
        if fields.contains("pc"), let pc = expected.pc { #expect(machine.programCounter == pc) }
    }

    private func filled<Wanted, Value>(
        _ values: [String: Wanted], with zero: Value, _ value: (Wanted) -> Value
    ) -> [Value] {
        (0..<Limits.registers).map { number in values["\(number)"].map(value) ?? zero }
    }

    struct UnknownSetup: Error {
        let key: String
    }

    private func apply(
        _ key: String, _ value: ConformanceCase.SetupValue, to machine: inout Machine
    ) throws {
        guard key != "ro" else { return }
        guard let number = value.number else { throw UnknownSetup(key: key) }
        let index = Int(key.dropFirst())
        switch (key, key.first, index) {
        case ("eq", _, _): machine.equalFlag = number != 0
        case ("loop", _, _): machine.loopCounter = try #require(UInt16(exactly: number))
        case ("push", _, _): machine.push(try #require(Int32(exactly: number)))
        case (_, "r", let register?):
            machine.setRegister(register, to: try #require(Int32(exactly: number)))
        case (_, "f", let register?): machine.setFloatRegister(register, to: number)
        case (_, "h", let address?):
            machine.setHeapByte(try #require(UInt8(exactly: number)), at: address)
        default: throw UnknownSetup(key: key)
        }
    }
}

extension ConformanceCase.SetupValue {
    var bytes: [UInt8]? { if case .hex(let bytes) = self { bytes } else { nil } }
}

extension Event {
    var name: String {
        switch self {
        case .start: "Start"
        case .gracefulStop: "GracefulStop"
        case .crash: "Crash"
        }
    }
}
