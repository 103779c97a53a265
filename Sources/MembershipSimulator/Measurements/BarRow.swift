import MembershipCore

/// One promise of the protocol: its limit, the measured value, and the value of a peer.
package struct BarRow: Sendable {
    package enum Verdict: String, Sendable {
        case pass = "PASS"
        case fallsShort = "FALLS SHORT"
    }

    /// The name for `--only` of the measurement that it belongs to.
    package var id: String
    package var name: String
    package var bar: String
    package var measured: String
    package var peer: String
    package var runs: Int
    package var verdict: Verdict

    package init(
        _ id: String, _ name: String, bar: String, measured: String, peer: String = "",
        runs: Int,
        passes: Bool
    ) {
        self.id = id
        self.name = name
        self.bar = bar
        self.measured = measured
        self.peer = peer
        self.runs = runs
        verdict = passes ? .pass : .fallsShort
    }

    /// A table as wide as its widest cells.
    ///
    /// - Parameter peer: The system in the column beside ours; nil: there is none.
    package static func table(_ rows: [BarRow], peer: String? = nil) -> String {
        let head = ["", "", "bar", "measured"] + (peer.map { [$0] } ?? []) + ["runs", ""]
        let lines =
            [head]
            + rows.map { row in
                [row.id, row.name, row.bar, row.measured] + (peer == nil ? [] : [row.peer])
                    + ["\(row.runs)", row.verdict.rawValue]
            }
        let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let padded = zip(cells, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
            return padded.withoutTrailingSpaces + "\n"
        }.joined()
    }
}

extension Optional where Wrapped == Duration {
    /// `2.68 s`, or `never`.
    package var text: String { map(\.shortText) ?? "never" }

    func isAtMost(_ limit: Duration) -> Bool { map { $0 <= limit } ?? false }
}
