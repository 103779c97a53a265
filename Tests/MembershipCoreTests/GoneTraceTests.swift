import Foundation
import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// The checks of `Specs/traces/checks`: what one check of a sudden death does, and when.
@Suite struct GoneTraceTests {
    @Test func `a check does what each trace says, at the moment that it says`() throws {
        let url = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Specs/traces/checks/gone.json")
        let file = try JSONDecoder().decode(CheckFile.self, from: Data(contentsOf: url))
        for trace in file.traces {
            var player = try CheckPlayer(trace)
            #expect(player.play() == trace.expected, "\(trace.id)")
        }
    }
}

private struct CheckFile: Decodable {
    let traces: [Trace]

    struct Trace: Decodable {
        let id: String
        let occasion: String
        let window: Int64
        let windows: Int
        let inputs: [TraceInput]
        let until: Int64
        let expected: [String]
    }
}

private struct CheckPlayer {
    private static let zero = ClusterInstant(nanoseconds: 100_000_000_000)

    private var check: GoneCheck
    private var inputs: [TraceInput]
    private let end: ClusterInstant
    private var lines: [TraceLine] = []
    private var isOver = false

    init(_ trace: CheckFile.Trace) throws {
        let occasions: [String: GoneCheck.Occasion] = [
            "lost lifeline": .lostLine, "refused opening": .refusedOpening, "hearsay": .hearsay,
        ]
        check = GoneCheck(
            of: try Player("t", number: 20).record(), try #require(occasions[trace.occasion]),
            accusedAt: trace.occasion == "hearsay" ? Self.zero : nil,
            window: .milliseconds(trace.window), times: trace.windows, at: Self.zero)
        inputs = trace.inputs
        end = Self.zero + .milliseconds(trace.until)
    }

    mutating func play() -> [String] {
        var now = Self.zero
        while now <= end, !isOver {
            while let input = inputs.first, Self.zero + .milliseconds(input.at) <= now {
                inputs.removeFirst()
                take(input.text, at: now)
            }
            proceed(at: now)
            let moments = [inputs.first.map { Self.zero + .milliseconds($0.at) }, check.nextMoment]
            guard let next = moments.compactMap(\.self).filter({ $0 > now }).min() else { break }
            now = next
        }
        return TraceLine.text(of: lines)
    }

    private mutating func say(_ text: String, at now: ClusterInstant) {
        lines.append(TraceLine(at: (now - Self.zero).nanoseconds, text: text))
    }

    private mutating func take(_ text: String, at now: ClusterInstant) {
        let words = text.components(separatedBy: " ")
        switch words[0] {
        case "refused": check.noteRefusal()
        case "accused": check.noteAccusation(at: now, isOwn: false)
        case "woke": check.restart(at: now)
        case "unsent": check.noteUnsentHeartbeat()
        case "accepted": check.noteAcceptance()
        default:
            let sent = Int64(words.last ?? "") ?? 0
            check.noteAnswer(askedAt: Self.zero + .milliseconds(sent))
        }
        if check.isOver, !isOver {
            isOver = true
            say("ends", at: now)
        }
    }

    private mutating func proceed(at now: ClusterInstant) {
        guard !isOver else { return }
        if let step = check.step(at: now) {
            var words = ["heartbeat"]
            if step.knock { words.append("knock") }
            if step.relays { words.append("relays") }
            if step.witness { words.append("perhaps a probe") }
            if step.finalCheck { words.append("final check") }
            say(words.joined(separator: ", "), at: now)
        }
        if check.mayAccuse(at: now) {
            check.noteAccusation(at: now, isOwn: true)
            say("accuses", at: now)
        }
        if check.showsDeath(at: now) {
            isOver = true
            say("dead", at: now)
        }
    }
}
