import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import MembershipWire

/// `iridium reachability`.
struct ReachabilityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reachability",
        abstract: "Ask every living member which members it hears, and show where they differ.",
        discussion: """
            A node of this machine asks at most 256 members, over a stream each, what they hold. A \
            member that answers is alive; of any other the state counts that most members hold. An \
            entry that says otherwise is wrong, and is listed. A member that is not an agent, or of \
            an earlier version, does not answer.

            HEARS counts the living members that the observer holds for alive. In the table, alive \
            without a time means that the observer has no answer to its own heartbeats. Ends with 2 if \
            an entry is wrong or a member has not answered.

            Examples:
              iridium reachability
              iridium reachability --matrix
              iridium reachability --json | jq '.observers[] | select(.answered | not)'
            """)

    @Flag(help: "Show the round trip, or the state, between all members: rows are observers.")
    var matrix = false
    @OptionGroup var client: ClientOptions

    func run() throws {
        let (line, json) = try client.ask(.views)
        let text = matrix ? SurveyText.matrix(json) : SurveyText.observers(json)
        try StandardOutput.write(client.output.json ? line + "\n" : text)
        guard SurveyText.isWell(json) else { throw ProcessExit(.nothingMatched) }
    }
}

/// `iridium rtt`.
struct RoundTrips: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtt",
        abstract: "Show round-trip times: to all members, or between one member and all others.",
        discussion: """
            Each is the median of recent heartbeats. With a name, the node asks that member and the \
            others for theirs, and also states the time that the question itself took: a stream, a \
            handshake, a question and an answer.

            Examples:
              iridium rtt
              iridium rtt n3
              iridium rtt n3 --json
            """)

    @Argument(help: "A living member.") var name: String?
    @OptionGroup var client: ClientOptions

    func run() throws {
        if let name {
            let (_, json) = try client.ask(.views)
            let trips = try RoundTripsOfMember(json, name: name)
            try StandardOutput.write(
                client.output.json ? trips.json.line + "\n" : trips.text)
        } else {
            let (_, json) = try client.ask(.members)
            guard let listing = MemberListing(json) else {
                throw IridiumError.agentFailed("the agent's list of members cannot be read")
            }
            let others = Self.others(in: listing)
            try StandardOutput.write(
                client.output.json
                    ? Self.json(others, node: json["node"] ?? .null).line + "\n" : Self.text(others)
            )
        }
    }

    /// The other living members, the slowest first.
    private static func others(in listing: MemberListing) -> [MemberRow] {
        listing.rows.filter { !$0.isSelf && $0.state.isLiving }.sorted { a, b in
            (a.roundTripTime ?? .seconds(3_600)) > (b.roundTripTime ?? .seconds(3_600))
        }
    }

    /// `iridium.rtt/1` without one member.
    private static func json(_ others: [MemberRow], node: JSON) -> JSON {
        [
            "schema": "iridium.rtt/1", "node": node, "member": .null,
            "to_members": .array(
                others.map { row in
                    [
                        "member": .string(row.name), "state": .string(row.state.rawValue),
                        "rtt_ms": row.roundTripTime.map {
                            .number($0.fractionalMilliseconds)
                        } ?? .null,
                    ]
                }),
        ]
    }

    private static func text(_ others: [MemberRow]) -> String {
        guard !others.isEmpty else { return "There is no other living member.\n" }
        let rows = others.map {
            [$0.name, $0.roundTripTime.map(DurationText.roundTrip) ?? "-", $0.state.rawValue]
        }
        return Layout.table([["NAME", "RTT", "STATE"]] + rows, rightAligned: [1])
            .joined(separator: "\n") + "\n"
    }
}

/// The round trips between one member and the others, from `iridium.views/1`.
struct RoundTripsOfMember {
    private let name: String
    private let node: String
    /// From this node to the member, and back.
    private let there: Double?
    private let back: Double?
    /// The time that the question took.
    private let question: Double?
    private let problem: String?
    /// From each of the other members to it.
    private let others: [(member: String, milliseconds: Double)]

    init(_ survey: JSON, name: String) throws(IridiumError) {
        let observers = survey["observers"]?.elements ?? []
        let node = survey["node"]?.text ?? "?"
        guard let own = observers.first else {
            throw .agentFailed("the agent's answer cannot be read")
        }
        let subjects = (survey["subjects"]?.elements ?? []).compactMap { $0["name"]?.text }
        guard let member = observers.dropFirst().first(where: { $0["member"]?.text == name }) else {
            if own["member"]?.text == name {
                throw .badValue(option: "the member", value: name, expected: "another member")
            }
            guard subjects.contains(name) else { throw .noSuchMember(name, suggestion: nil) }
            throw .refused(
                "\(name) is not alive, or was not asked", exit: .nothingMatched,
                try: "iridium members shows its state")
        }
        let trip = { (observer: JSON, subject: String?) -> Double? in
            observer["rows"]?.elements?.first { $0["id"]?.text == subject }?["rtt_ms"]?.double
        }
        self.name = name
        self.node = own["member"]?.text ?? node
        there = trip(own, member["id"]?.text)
        back = trip(member, own["id"]?.text)
        question = member["took_ms"]?.double
        problem = member["problem"]?.text
        others = observers.dropFirst().compactMap { observer in
            guard observer["id"]?.text != member["id"]?.text,
                let time = trip(observer, member["id"]?.text)
            else { return nil }
            return (observer["member"]?.text ?? "?", time)
        }
        .sorted { $0.milliseconds < $1.milliseconds }
    }

    var text: String {
        let spoken = { (time: Double?) in
            time.map { DurationText.roundTrip(.microseconds(Int64(max(0, min($0, 1e9)) * 1_000))) }
                ?? "-"
        }
        var rows = [
            ["\(node) to \(name)", spoken(there), "heartbeats of \(node)"],
            [
                "\(name) to \(node)", spoken(back),
                problem.map { Layout.printable($0) } ?? "heartbeats of \(name)",
            ],
            ["question and answer", spoken(question), "over a new stream"],
        ]
        if let fastest = others.first, let slowest = others.last {
            let median = others[others.count / 2]
            rows += [
                ["others to \(name)", spoken(fastest.milliseconds), "least: \(fastest.member)"],
                ["", spoken(median.milliseconds), "median of \(others.count)"],
                ["", spoken(slowest.milliseconds), "most: \(slowest.member)"],
            ]
        }
        return Layout.table(rows, rightAligned: [1]).joined(separator: "\n") + "\n"
    }

    var json: JSON {
        let number = { (time: Double?) in time.map { JSON.number($0) } ?? .null }
        return [
            "schema": "iridium.rtt/1", "node": .string(node), "member": .string(name),
            "to_member_ms": number(there), "from_member_ms": number(back),
            "question_ms": number(question), "problem": JSON(problem),
            "others": .array(
                others.map { ["member": .string($0.member), "rtt_ms": .number($0.milliseconds)] }),
        ]
    }
}
