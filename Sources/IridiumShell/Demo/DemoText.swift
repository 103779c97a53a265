package import MembershipWire

/// The result of an order: facts, from the node.
package enum DemoOutcome: Hashable, Sendable {
    case listing(DemoListing)
    /// Its sockets are closed, without a goodbye.
    case killed(String)
    /// nil: until `resume`.
    case paused(String, seconds: Int?)
    case resumed(String, after: Duration)
    /// `joined`: whether a member accepted its join at once.
    case restarted(String, at: Endpoint, incarnation: UInt64, joined: Bool)
    case partitioned([String], from: [String])
    case losing(percent: Int)
    case healed
}

/// The members of a demo, and the faults of the network between them.
package struct DemoListing: Hashable, Sendable {
    /// The condition that the demo has put a member in.
    package enum Condition: Hashable, Sendable {
        /// The member of this prompt.
        case session
        case running
        case paused(Duration)
        case killed
    }

    package struct Row: Hashable, Sendable {
        package var name: String
        package var condition: Condition
        /// The members that it cannot reach.
        package var cutOffFrom: [String]
        package var address: Endpoint?
        /// How this prompt's member sees it; nil if it does not know it, or its cluster is off.
        package var seen: MemberState?

        package init(
            name: String, condition: Condition, cutOffFrom: [String], address: Endpoint?,
            seen: MemberState?
        ) {
            self.name = name
            self.condition = condition
            self.cutOffFrom = cutOffFrom
            self.address = address
            self.seen = seen
        }
    }

    package var rows: [Row]
    package var lossPercent: Int

    package init(rows: [Row], lossPercent: Int) {
        self.rows = rows
        self.lossPercent = lossPercent
    }
}

/// The words of `!demo`. Each text has its line end.
package enum DemoText {
    /// The text for an order that was carried out.
    package static func text(_ outcome: DemoOutcome) -> String {
        switch outcome {
        case .listing(let listing): table(listing)
        case .killed(let name):
            "Killed \(name): its sockets are closed, without a goodbye.\n"
        case .paused(let name, let seconds):
            "Paused \(name): it neither hears nor answers \(span(seconds, name)).\n"
        case .resumed(let name, let span):
            "Resumed \(name) after \(DurationText.spoken(span)).\n"
        case .restarted(let name, let address, let incarnation, let joined):
            "Restarted \(name) on \(address): the same member, "
                + (joined
                    ? "incarnation \(incarnation).\n"
                    : "but no member that it can reach has accepted it yet.\n")
        case .partitioned(let one, let other):
            "Split: \(Layout.list(one)) on one side, \(Layout.list(other)) on the other. "
                + "!demo heal ends it.\n"
        case .losing(0): "No datagram is lost any more.\n"
        case .losing(let percent): "From now on \(percent)% of all datagrams are lost.\n"
        case .healed: "The network is whole: no split, no loss.\n"
        }
    }

    /// The greeting of a demo, below the line of the documents.
    ///
    /// - Parameter span: from the first socket until all had joined.
    package static func greeting(version: String, members: [String], in span: Duration) -> String {
        let last = members.last ?? "n1"
        return """
            iridium \(version) · a cluster of \(members.count) nodes in this process, formed in \
            \(DurationText.spoken(span)) · nothing on disk
            This prompt is \(members.first ?? "n1"). Try !cluster_members, !demo kill \(last), \
            !demo ls; !help demo says more, Ctrl-D ends it.

            """
    }

    private static func span(_ seconds: Int?, _ name: String) -> String {
        seconds.map { "for \($0) s" } ?? "until !demo resume \(name)"
    }

    private static func table(_ listing: DemoListing) -> String {
        let me = listing.rows.first { $0.condition == .session }?.name ?? "here"
        let rows = listing.rows.map { row in
            [
                row.name, row.address.map(\.description) ?? "-", row.seen?.rawValue ?? "-",
                words(row),
            ]
        }
        var lines = Layout.table([["NAME", "ADDRESS", "\(me) SEES", "DEMO"]] + rows)
        if listing.lossPercent > 0 {
            lines.append("\(listing.lossPercent)% of all datagrams are lost.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func words(_ row: DemoListing.Row) -> String {
        var text =
            switch row.condition {
            case .session: "this session"
            case .running: "running"
            case .paused(let span): "paused \(DurationText.spoken(span, decimals: 0))"
            case .killed: "killed"
            }
        if !row.cutOffFrom.isEmpty, row.condition != .killed {
            text += ", cut off from \(Layout.list(row.cutOffFrom))"
        }
        return text
    }
}
