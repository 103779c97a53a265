import IridiumAssembler
import IridiumJSON
import IridiumVM
import Testing

/// Random sources: none traps the assembler, and disassembling what it made gives the same image.
struct RandomSourceTests {
    @Test func `assembling what was disassembled gives the same image`() throws {
        let first = firstSeed()
        let count = attempts("IRIDIUM_RANDOM_SOURCES", otherwise: 400)
        var assembled = 0
        for seed in first..<(first + count) {
            var random = RandomNumbers(seed: UInt64(seed))
            let source = Self.program(&random)
            do {
                let image = try Assembler.assemble(source).image
                let text = try #require(Disassembler.disassemble(image))
                let again = try Assembler.assemble(text).image
                try #require(again == image, "seed \(seed): \(source)\n\(text)")
                assembled += 1
            } catch let failure as AssemblyFailure {
                Issue.record("seed \(seed): \(failure.rendered(file: "source"))\n\(source)")
            }
        }
        #expect(assembled == count)
    }

    @Test func `sources with random faults give an image or errors with places`() throws {
        let first = firstSeed()
        let count = attempts("IRIDIUM_RANDOM_SOURCES", otherwise: 600)
        for seed in first..<(first + count) {
            var random = RandomNumbers(seed: UInt64(seed))
            let source = Self.damaged(Array(Self.program(&random).utf8), &random)
            do {
                let image = try Assembler.assemble(bytes: source).image
                let text = try #require(Disassembler.disassemble(image))
                try #require((try? Assembler.assemble(text))?.image == image, "seed \(seed)")
                _ = RandomImageTests.difference(image, budget: 60, random: &random)
            } catch let failure as AssemblyFailure {
                try #require(!failure.errors.isEmpty)
                for error in failure.errors {
                    try #require(error.line >= 1 && error.column >= 1)
                    try #require(!error.rendered(file: "source").isEmpty)
                }
                try #require(failure.json.hasPrefix("{\"schema\":\"iridium.assembly/1\""))
            }
        }
    }

    // MARK: Sources

    /// A source without faults.
    static func program(_ random: inout RandomNumbers) -> String {
        let constants = (0..<random.below(5)).map { "s\($0)" }
        let labels = (0..<(1 + random.below(5))).map { "l\($0)" }
        let data = constants.map { name in
            random.chance(50)
                ? "\(name): .integer #\(Int32(truncatingIfNeeded: random.next()))"
                : "\(name): .asciiz '\(text(&random))'"
        }
        var code: [String] = []
        for label in labels {
            code.append("\(label): " + instruction(&random, labels, constants))
            for _ in 0..<random.below(4) { code.append(instruction(&random, labels, constants)) }
        }
        let sections = [[".data"] + data, [".code"] + code]
        let ordered = random.chance(80) ? sections : sections.reversed()
        let separator = random.pick(["\n", "\r\n", " ", "\t", "\n; comment 'x'\n"])
        return ordered.flatMap { $0 }.joined(separator: separator)
    }

    private static func text(_ random: inout RandomNumbers) -> String {
        (0..<random.below(8)).map { _ in
            random.pick(["a", "é", "世", "\u{1F600}", "\n", "\r\n", ";", "\"", "\u{0}", " ", "#"])
        }.joined()
    }

    private static func instruction(
        _ random: inout RandomNumbers, _ labels: [String], _ constants: [String]
    ) -> String {
        let opcode = random.pick(Opcode.allCases)
        func register(_ random: inout RandomNumbers) -> String { "$\(random.below(32))" }
        func number(_ random: inout RandomNumbers) -> String { "#\(random.below(98_304) - 32_768)" }
        let operands: [String]
        switch opcode.form {
        case .none: operands = []
        case .register:
            let takesLabel = (opcode == .jmp || opcode == .jmpe) && random.chance(30)
            operands = [takesLabel ? "@" + random.pick(labels) : register(&random)]
        case .twoRegisters: operands = [register(&random), register(&random)]
        case .threeRegisters:
            operands = [register(&random), register(&random), register(&random)]
        case .registerNumber:
            let value =
                random.chance(30)
                ? "@" + random.pick(labels + constants)
                : "#\(Int32(truncatingIfNeeded: random.next()) >> Int32(random.below(31)))"
            operands = [register(&random), value]
        case .registerImmediate, .registerUnsigned:
            operands = [register(&random), number(&random)]
        case .registerCount:
            let count = random.chance(50) ? "#\(random.below(256))" : register(&random)
            operands = random.chance(20) ? [register(&random)] : [register(&random), count]
        case .number: operands = [number(&random)]
        case .address:
            operands = [
                random.chance(80) ? "@" + random.pick(labels + constants) : number(&random)
            ]
        }
        let name = random.chance(80) ? opcode.name : opcode.name.uppercased()
        return ([name] + operands).joined(separator: " ")
    }

    /// A few bytes put in, left out or replaced.
    private static func damaged(_ source: [UInt8], _ random: inout RandomNumbers) -> [UInt8] {
        var bytes = source
        let pieces = Array("$#@':;.,_-0x9 \n\0é".utf8)
        for _ in 0...random.below(4) {
            let place = random.below(bytes.count + 1)
            switch random.below(3) {
            case 0: bytes.insert(random.pick(pieces), at: place)
            case 1 where place < bytes.count: bytes.remove(at: place)
            default: if place < bytes.count { bytes[place] = UInt8(random.below(256)) }
            }
        }
        return bytes
    }
}
