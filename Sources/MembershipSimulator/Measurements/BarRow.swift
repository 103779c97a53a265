import MembershipCore

/// One promise of the protocol: what it demands, what was measured, and what the baseline does.
package struct BarRow: Sendable {
    package enum Verdict: String, Sendable {
        case pass = "PASS"
        case fallsShort = "FALLS SHORT"
    }

    /// As `--only` calls the measurement that it is part of.
    package var id: String
    package var name: String
    package var bar: String
    package var measured: String
    package var baseline: String
    package var runs: Int
    package var verdict: Verdict

    package init(
        _ id: String, _ name: String, bar: String, measured: String, baseline: String = "",
        runs: Int,
        passes: Bool
    ) {
        self.id = id
        self.name = name
        self.bar = bar
        self.measured = measured
        self.baseline = baseline
        self.runs = runs
        verdict = passes ? .pass : .fallsShort
    }

    /// A table as wide as its widest cells.
    package static func table(_ rows: [BarRow]) -> String {
        let head = ["", "", "bar", "measured", "memberlist rules", "runs", ""]
        let lines =
            [head]
            + rows.map {
                [
                    $0.id, $0.name, $0.bar, $0.measured, $0.baseline, "\($0.runs)",
                    $0.verdict.rawValue,
                ]
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
