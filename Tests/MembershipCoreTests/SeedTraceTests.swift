import Foundation
import MembershipWire
import Testing

@testable import MembershipCore

/// The steps of `Specs/traces/seeds`: which seeds are called, and when they are looked up again.
@Suite struct SeedTraceTests {
    @Test func `the search for seeds does what each trace says, step by step`() throws {
        for trace in try StepFile("seeds/seeds").traces {
            var seeds = Seeds()
            for step in trace.steps {
                let expected = step.effects.map { "0 \($0)" }
                #expect(
                    TraceLine.agree(seeds.take(step.input), expected),
                    "\(trace.id), \(step.input)")
            }
        }
    }
}

/// Steps, each an input and what follows from it.
struct StepFile: Decodable {
    let traces: [Trace]

    struct Trace: Decodable {
        let id: String
        let steps: [ConversationFile.Step]
    }

    init(_ name: String) throws {
        let url = TraceFile.folder.appending(path: "\(name).json")
        self = try JSONDecoder().decode(StepFile.self, from: Data(contentsOf: url))
    }
}

private struct Seeds {
    private var search = SeedSearch(.lan, refresh: .seconds(15))
    private var random = RandomSource(seed: 1)
    private static let own = address("own")

    private static func address(_ name: some StringProtocol) -> Endpoint {
        let number = UInt16(name.dropFirst()) ?? UInt16(name.utf8.first ?? 0) + 1_000
        return Endpoint(.v4(0x0A00_0001), port: number + 1)
    }

    mutating func take(_ input: String) -> [TraceLine] {
        let words = input.split(separator: " ").map(String.init)
        switch words[0] {
        case "found":
            let parts = input.components(separatedBy: "; living")
            return look(
                parts[0].split(separator: " ").dropFirst().map(String.init),
                parts[1].split(separator: " ").map(String.init))
        case "many": return look((0..<(Int(words[1]) ?? 0)).map { "s\($0)" }, [])
        case "rest":
            let rest = search.rest()
            let bounds = [rest.lowerBound, rest.upperBound].map { "\($0.milliseconds)" }
            return [line("again after \(bounds.joined(separator: ".."))")]
        case "joined": search.joined(Self.member(words[1]), at: Self.address(words[2]))
        case "itself": search.metSelf(at: Self.address(words[1]))
        case "busy": search.metBusy()
        case "alone": search.becameAlone()
        default: search.foundNone()
        }
        return []
    }

    private static func member(_ name: String) -> NodeID {
        NodeID(UInt64(address(name).port))
    }

    private mutating func look(_ listed: [String], _ living: [String]) -> [TraceLine] {
        let calls = search.calls(
            to: listed.map { Self.address($0) }, own: Self.own,
            living: living.map { (id: Self.member($0), endpoint: Self.address($0)) }, by: &random)
        guard !calls.isEmpty else { return [] }
        let names = calls.map { call in listed.first { Self.address($0) == call } ?? "?" }.sorted()
        // Of so many the trace gives only the number.
        return [
            line(
                listed.count > 10
                    ? "calls: \(calls.count) of 256" : "calls: \(names.joined(separator: " "))")
        ]
    }

    private func line(_ text: String) -> TraceLine { TraceLine(at: 0, text: text) }
}
