import Foundation
import IridiumVM
import Testing

/// The instruction set is one table; the specification repeats it and must not differ.
struct OpcodeTableTests {
    @Test func `the table has a row for every opcode, in the order of the bytes`() {
        #expect(Opcode.table.map(\.opcode) == Opcode.allCases)
        #expect(Opcode.table.map(\.number) == Opcode.allCases.map(\.rawValue))
        #expect(Opcode.table.count == 48)
        #expect(Opcode(rawValue: 48) == nil)
    }

    @Test func `the table of the specification is this table`() throws {
        let text = try String(
            contentsOf: specsFolder().appendingPathComponent("VM.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { line in
            let cells = line.split(separator: "|")
            return cells.count >= 4 && Int(cells[0].trimmingCharacters(in: .whitespaces)) != nil
        }
        let expected = Opcode.table.map { row in
            let operands = row.form == .none ? "-" : "`\(row.form.spelling)`"
            let effect = row.effect.replacingOccurrences(of: "|", with: "\\|")
            return "| \(row.number) | \(row.opcode.name) | \(operands) | \(effect) |"
        }
        #expect(rows.map(String.init) == expected)
    }
}
