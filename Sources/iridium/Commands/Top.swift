import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium top`.
struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a node of this machine live: members, agreement, traffic; Q ends it.",
        discussion: """
            The dead and the suspect come first. Rates are of the last interval, in the first frame \
            since the start of the node.

            Examples:
              iridium top
              iridium top --once
              iridium top --interval 5s --sort rtt
            """)

    @Flag(help: "Print one frame.") var once = false
    @Option(help: ArgumentHelp("Time between two frames: 500ms, 5s (1s).", valueName: "span"))
    var interval = "1s"
    @Option(help: ArgumentHelp("The order of members.", valueName: "order"))
    var sort = MemberOrder.state
    @OptionGroup var client: ClientOptions

    /// A shorter one would itself be a load.
    private static let shortest = Duration.milliseconds(200)

    func run() throws {
        let span = try DurationOption.parse(interval, option: "--interval")
        guard span >= Self.shortest else {
            throw IridiumError.badValue(
                option: "--interval", value: interval, expected: "at least 200ms")
        }
        guard !client.output.json else {
            throw IridiumError.badArguments(
                command: "--json", problem: "has no meaning for a screen",
                usage: "iridium status --json and iridium members --json have the same facts",
                example: nil)
        }
        var before: TopFrame?
        let next = {
            let (_, status) = try client.ask(.status)
            let (_, members) = try client.ask(.members)
            guard var listing = MemberListing(members) else {
                throw IridiumError.agentFailed("the agent's list of members cannot be read")
            }
            listing.rows = sort.sorted(listing.rows)
            let frame = TopFrame(status, listing)
            defer { before = frame }
            return frame.text(after: before)
        }
        guard !once else {
            try StandardOutput.write(client.output.color.painted(try next()))
            return
        }
        try LiveScreen(interval: span, color: client.output.color).run(next)
    }
}

/// One frame of `iridium top`.
struct TopFrame {
    private let status: JSON
    private let listing: MemberListing

    init(_ status: JSON, _ listing: MemberListing) {
        self.status = status
        self.listing = listing
    }

    func text(after before: TopFrame?) -> String {
        let word = { (key: String) in Layout.printable(status[key]?.text ?? "-") }
        let uptime = Duration.milliseconds(status["uptime_ms"]?.integer ?? 0)
        let health = status["health"]?.integer ?? 0
        let refused = refusals - (before?.refusals ?? 0)
        let lines = [
            [
                "node", "\(word("node")) in \(Layout.quoted(status["cluster"]?.text ?? "-"))",
                "on \(word("address")), up \(DurationText.elapsed(uptime)), "
                    + "iridium \(word("version"))",
            ],
            [
                "traffic", "in \(rates("in", before))", "out \(rates("out", before))",
            ],
            [
                "health", health == 0 ? "well" : "slow, level \(health)",
                "refused \(before == nil ? "since the start" : "now"): \(max(0, refused))",
            ],
        ]
        return Layout.table(lines).joined(separator: "\n") + "\n\n" + MemberTableText.text(listing)
    }

    private func number(_ key: String) -> Int64 { status["traffic"]?[key]?.integer ?? 0 }

    private var refusals: Int64 {
        (status["refused"]?.fields ?? []).reduce(0) { $0 &+ ($1.value.integer ?? 0) }
    }

    private var milliseconds: Int64 { status["uptime_ms"]?.integer ?? 0 }

    /// `12 datagrams/s, 1.4 kB/s`. A node that has started again counts from its start.
    private func rates(_ way: String, _ before: TopFrame?) -> String {
        let earlier = before.flatMap { $0.milliseconds < milliseconds ? $0 : nil }
        let span = Double(max(1, milliseconds - (earlier?.milliseconds ?? 0))) / 1_000
        let rate = { (key: String) -> Double in
            Double(max(0, number(key) - (earlier?.number(key) ?? 0))) / span
        }
        return "\(Self.short(rate("datagrams_\(way)"))) datagrams/s, "
            + "\(Self.short(rate("bytes_\(way)") / 1_000)) kB/s"
    }

    /// One decimal below ten.
    private static func short(_ value: Double) -> String {
        let tenths = Int64(min(value, 1e12) * 10 + 0.5)
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)"
    }
}
