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

    @Test(arguments: try TraceFile.names())
    func `the node does what each trace says, at the moment that it says`(name: String) throws {
        let file = try TraceFile(name)
        let members = try TraceMembers()
        for trace in file.traces {
            let isPlayed = try Self.seeds.contains { seed in
                var player = try TracePlayer(trace, members, seed: seed)
                return TraceLine.agree(player.play(), trace.expected)
            }
            guard !isPlayed else { continue }
            var player = try TracePlayer(trace, members, seed: 1)
            Issue.record(
                "\(name), \(trace.id):\n\(TraceLine.text(of: player.play()).joined(separator: "\n"))"
            )
        }
    }
}

struct TraceFile: Decodable {
    let traces: [DecisionTrace]

    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Specs/traces")

    /// All of the folder.
    static func names() throws -> [String] {
        let members = "members.json"
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".json") && $0 != members }
            .map { String($0.dropLast(".json".count)) }.sorted()
    }

    init(_ name: String) throws {
        let url = Self.folder.appending(path: "\(name).json")
        self = try JSONDecoder().decode(TraceFile.self, from: Data(contentsOf: url))
    }
}

/// Inputs, and everything that must come of them.
struct DecisionTrace: Decodable {
    let id: String
    /// The time of day at the moment 0; nil if the node has no clock.
    let unixSeconds: Int64?
    let members: [String]
    let tolerance: Int64
    let roundTrip: Int64
    let watch: [String]
    /// Effects that are not in every trace.
    let shows: [String]?
    /// How the effects begin that are left out, because they are chance.
    let hides: [String]?
    /// Whether the node takes part in lifelines; nil: it does not.
    let lifelines: Bool?
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
struct TraceLine: Comparable, Hashable {
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

    /// Ten or more equal effects of one moment as one line; a crowd has one name.
    static func counted(_ lines: [TraceLine]) -> [TraceLine] {
        var counts: [TraceLine: Int] = [:]
        for line in lines {
            let text = line.text.replacing(/crowd\d+/, with: "crowd")
            counts[TraceLine(at: line.at, text: text), default: 0] += 1
        }
        return counts.flatMap { line, count in
            count < 10
                ? Array(repeating: line, count: count)
                : [TraceLine(at: line.at, text: "\(count) times \(line.text)")]
        }
    }

    /// Whether each line is expected, and each that is expected was made.
    static func agree(_ lines: [TraceLine], _ expected: [String]) -> Bool {
        var made = lines.sorted()
        guard made.count == expected.count else { return false }
        for line in expected {
            guard let place = made.firstIndex(where: { $0.fits(line) }) else { return false }
            made.remove(at: place)
        }
        return true
    }

    /// `80..160 X`: at one of these moments.
    private func fits(_ expected: String) -> Bool {
        let words = expected.split(separator: " ", maxSplits: 1).map(String.init)
        let bounds = words[0].components(separatedBy: "..").compactMap { Double($0) }
        guard bounds.count == 2 else { return Self.fits(description, expected) }
        let milliseconds = Double(at) / 1_000_000
        return bounds[0] - 0.001 <= milliseconds && milliseconds <= bounds[1] + 0.001
            && Self.fits(text, words[1])
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
