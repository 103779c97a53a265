internal import IridiumVM

/// Some of the integer registers: `$3`, or `$0-$7`.
struct RegisterRange {
    private static let perLine = 4
    private let numbers: ClosedRange<Int>

    /// nil without a word: all registers, in the documents' layout.
    init?(_ word: Substring?) throws(IridiumError) {
        guard let word else { return nil }
        let ends = word.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = ends.first.flatMap(Self.number),
            let last = ends.last.flatMap(Self.number),
            first <= last
        else {
            throw .badArguments(
                command: "!registers", problem: "cannot use \(Layout.quoted(String(word)))",
                usage: ShellCommand.registers.row.usage + ", from $0 to $\(Limits.registers - 1)",
                example: "!registers $0-$7")
        }
        numbers = first...last
    }

    private static func number(_ text: Substring) -> Int? {
        guard text.first == "$", text.dropFirst().utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int(text.dropFirst()), number < Limits.registers
        else { return nil }
        return number
    }

    /// Four on a line, each with its name. Ends with a line end.
    func table(of registers: [Int32]) -> String {
        var rows: [[String]] = []
        for start in stride(from: numbers.lowerBound, through: numbers.upperBound, by: Self.perLine)
        {
            let line = start...min(start + Self.perLine - 1, numbers.upperBound)
            rows.append(line.flatMap { ["$\($0)", "\(registers[$0])"] })
        }
        let values = Set(stride(from: 1, to: 2 * Self.perLine, by: 2))
        return Layout.table(rows, rightAligned: values).joined(separator: "\n") + "\n"
    }
}
