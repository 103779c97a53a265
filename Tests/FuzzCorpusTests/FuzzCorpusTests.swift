import Foundation
import FuzzTargets
import Testing

/// What fuzzing has found worth keeping, run again in seconds: `Tests/FuzzCorpusTests/corpus` has a
/// file for each target and a line in hexadecimal for each input.
struct FuzzCorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func `nothing in the corpus breaks its target`(target: FuzzTarget) throws {
        let inputs = try corpus(target)
        #expect(!inputs.isEmpty)
        for input in inputs { target.run(input) }
        target.run([])
    }

    @Test func `the corpus of the gate comes to everything that a gate can say`() throws {
        for input in try corpus(.gate) { FuzzTarget.gate.run(input) }
        #expect(
            FuzzTarget.reachedAtTheGate == [
                "length", "magic", "version", "unsupported-suite", "unknown-key", "mac", "own-boot",
                "zero-sequence", "replay", "unknown-peer", "tag", "opened", "outdated",
            ])
    }

    private func corpus(_ target: FuzzTarget) throws -> [[UInt8]] {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "corpus/\(target.rawValue).txt")
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        return try lines.map(bytes)
    }

    private func bytes(_ line: Substring) throws -> [UInt8] {
        let digits = try line.utf8.map {
            try #require(UInt8(String(UnicodeScalar($0)), radix: 16), "\(line)")
        }
        try #require(digits.count.isMultiple(of: 2))
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
