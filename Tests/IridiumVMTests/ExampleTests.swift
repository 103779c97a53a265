import Foundation
import IridiumAssembler
import IridiumVM
import Testing

/// The programs of Specs/examples, run, with what Specs/examples/expected.json says of them.
struct ExampleTests {
    struct Expected: Decodable {
        let output: String
        let registers: [String: Int32]
        let float_registers: [String: Double]?
    }

    static let folder = specsFolder().appendingPathComponent("examples")

    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".iasm") }.map { String($0.dropLast(5)) }.sorted()
    }

    @Test(arguments: try names())
    func `an example prints and computes what is expected`(_ name: String) throws {
        let all = try JSONDecoder().decode(
            [String: Expected].self,
            from: Data(contentsOf: Self.folder.appendingPathComponent("expected.json")))
        let expected = try #require(all[name])
        let source = try Data(contentsOf: Self.folder.appendingPathComponent(name + ".iasm"))
        let assembly = try Assembler.assemble(bytes: Array(source))
        #expect(assembly.warnings.isEmpty)
        var machine = Machine(id: name, image: assembly.image)
        #expect(machine.run(atMost: 100_000).reason == .stopped(.halted))
        #expect(machine.takeOutput() == expected.output)
        for number in 0..<Limits.registers {
            #expect(machine.registers[number] == expected.registers["\(number)"] ?? 0)
            let float = expected.float_registers?["\(number)"] ?? 0
            #expect(machine.floatRegisters[number] == float)
        }
    }

    @Test func `the examples cover what they should`() throws {
        let wanted = [
            "call-and-return", "counting-loop", "factorial", "fibonacci", "float-mean", "gcd",
            "hello", "print-string",
        ]
        #expect(try Self.names() == wanted)
    }
}
