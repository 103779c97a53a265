import Foundation
import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// The decision traces of `Specs/traces`, played with a real node. `scripts/check-traces` plays them with a
/// member that is written from Specs/Protocol.md alone.
@Suite struct DecisionTraceTests {
    /// A trace names what may be chance by its choices. Where more is chance, it shows one outcome, which some
    /// seed must bring.
    private static let seeds: ClosedRange<UInt64> = 1...64

    @Test(arguments: [
        "probe", "suspicion", "verdict", "refutation", "relay", "digest", "keyring", "message",
        "name", "contact", "leave", "statement", "twin",
    ])
    func `the node does what each trace says, at the moment that it says`(name: String) throws {
        let file = try TraceFile(name)
        for trace in file.traces {
            let isPlayed = try Self.seeds.contains { seed in
                var player = try TracePlayer(trace, file, seed: seed)
                return TraceLine.agree(player.play(), trace.expected)
            }
            guard !isPlayed else { continue }
            var player = try TracePlayer(trace, file, seed: 1)
            Issue.record(
                "\(name), \(trace.id):\n\(TraceLine.text(of: player.play()).joined(separator: "\n"))"
            )
        }
    }
}

struct TraceFile: Decodable {
    let nids: [String: String]
    /// Boot ids, where they matter.
    let boots: [String: String]
    /// Members that state another name than their letter.
    let names: [String: String]
    let traces: [DecisionTrace]

    init(_ name: String) throws {
        let url = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Specs/traces/\(name).json")
        self = try JSONDecoder().decode(TraceFile.self, from: Data(contentsOf: url))
    }
}

/// Inputs, and everything that must come of them.
struct DecisionTrace: Decodable {
    let id: String
    /// The time of day at the moment 0.
    let unixSeconds: Int64
    let members: [String]
    let tolerance: Int64
    let roundTrip: Int64
    let watch: [String]
    let inputs: [TraceInput]
    let until: Int64
    let expected: [String]
}

struct TraceInput: Decodable {
    let at: Int64
    let text: String

    init(from decoder: any Decoder) throws {
        var pair = try decoder.unkeyedContainer()
        at = try pair.decode(Int64.self)
        text = try pair.decode(String.self)
    }
}

/// A moment, in nanoseconds from the beginning of the trace, and what the node did.
struct TraceLine: Comparable {
    let at: Int64
    let text: String

    static func < (a: Self, b: Self) -> Bool { (a.at, a.text) < (b.at, b.text) }

    /// As in the files: milliseconds, with as many of three decimals as are needed.
    var description: String {
        let (whole, rest) = (at / 1_000_000, at / 1_000 % 1_000)
        guard rest > 0 else { return "\(whole) \(text)" }
        var decimals = String(rest + 1_000).dropFirst()
        while decimals.hasSuffix("0") { decimals = decimals.dropLast() }
        return "\(whole).\(decimals) \(text)"
    }

    static func text(of lines: [TraceLine]) -> [String] { lines.sorted().map(\.description) }

    static func agree(_ lines: [TraceLine], _ expected: [String]) -> Bool {
        let made = text(of: lines)
        return made.count == expected.count && zip(made, expected).allSatisfy { fits($0, $1) }
    }

    /// `final check X: 2 of a b c` is a choice by chance: two of these.
    private static func fits(_ made: String, _ expected: String) -> Bool {
        guard made != expected else { return true }
        let (mine, theirs) = (halves(made), halves(expected))
        let words = theirs.rest.split(separator: " ")
        guard mine.head == theirs.head, words.count > 2, words[1] == "of" else { return false }
        let names = mine.rest.split(separator: " ")
        return names.count == Int(words[0]) && Set(names).isSubset(of: words.dropFirst(2))
    }

    private static func halves(_ line: String) -> (head: String, rest: String) {
        let parts = line.components(separatedBy: ": ")
        return (parts.dropLast().joined(separator: ": "), parts.last ?? "")
    }
}
