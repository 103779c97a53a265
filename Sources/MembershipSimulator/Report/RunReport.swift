import MembershipCore
import MembershipWire

/// A run on one page: HTML with pictures in it, no script, nothing to be fetched, dark where the
/// reader's system is dark.
package struct RunReport {
    /// What was asked for, as label and text.
    package var parameters: [(label: String, text: String)]
    package var violations: [String]
    /// How the run ended, in one sentence.
    package var summary: String

    private let record: RunRecord
    private let names: [String]
    private let lasting: [Int: WorldInstant]
    private let end: WorldInstant

    package init(
        _ record: RunRecord, of world: World, parameters: [(label: String, text: String)],
        violations: [String], summary: String
    ) {
        self.record = record
        self.parameters = parameters
        self.violations = violations
        self.summary = summary
        names = world.hosts.map(\.alias.text)
        end = world.now
        var lasting: [Int: WorldInstant] = [:]
        for life in record.lives { lasting[life.host] = life.isRunning ? life.time : nil }
        self.lasting = lasting
    }

    package var html: String {
        let faults = FaultSpan.spans(of: record.actions, until: end)
        let convergence = ConvergenceChart(record, lasting: lasting)
        let lanes = LaneChart(record, names: names, faults: faults, until: end)
        var parts = [Self.head, "<h1>A simulated run</h1>", verdict, parameterTable]
        parts += section(
            "Who believed what",
            "Each lane is one host. A colour's height is the share of all others that held it for "
                + "suspect, dead or left. A frame is a fault of that host, shade from top to "
                + "bottom one of the network."
                + (lanes.hidden > 0
                    ? " \(lanes.hidden) hosts with less to show are left out." : ""),
            lanes.svg)
        if !convergence.curves.isEmpty {
            parts += section(
                "How news travelled",
                "Of all who should hear of an event, the share that had heard.", convergence.svg)
            parts.append(table(convergence.curves))
        }
        if let svg = DetectionChart(record).svg {
            parts += section(
                "How soon the killed were known",
                "Verdicts of all observers, by time since the "
                    + "kill.", svg)
        }
        parts += section(
            "What it cost",
            "Bytes that a node sent in a second, headers included, on a scale of powers.",
            TrafficChart(record, faults: faults, until: end).svg)
        parts.append("</main></body></html>\n")
        return parts.joined(separator: "\n")
    }

    private var verdict: String {
        guard !violations.isEmpty else {
            return "<p class=\"good\">No rule was broken. \(Markup.escaped(summary))</p>"
        }
        let items = violations.map { "<li>\(Markup.escaped($0))</li>" }.joined()
        return "<p class=\"bad\">\(violations.count) times a rule was broken. "
            + "\(Markup.escaped(summary))</p><ul>\(items)</ul>"
    }

    private var parameterTable: String {
        let rows = parameters.map {
            "<tr><th>\(Markup.escaped($0.label))</th><td>\(Markup.escaped($0.text))</td></tr>"
        }
        return "<table>\(rows.joined(separator: "\n"))</table>"
    }

    private func section(_ title: String, _ text: String, _ svg: String) -> [String] {
        [
            "<h2>\(Markup.escaped(title))</h2>", "<p>\(Markup.escaped(text))</p>",
            "<figure>\(svg)</figure>",
        ]
    }

    private func table(_ curves: [ConvergenceChart.Curve]) -> String {
        let rows = curves.map { curve in
            let delays = Samples(curve.delays)
            let cells = [
                "\(curve.events)", "\(curve.delays.count) of \(curve.expected)",
                delays.median.text, delays.percentile(99).text, delays.longest.text,
            ]
            return "<tr><th>\(curve.verb)</th>"
                + cells.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>"
        }
        return "<table class=\"figures\"><tr><th></th><th>events</th><th>heard</th><th>p50</th>"
            + "<th>p99</th><th>last</th></tr>" + rows.joined(separator: "\n") + "</table>"
    }

    private static let head = """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Iridium: a simulated run</title>
        <style>\(ReportStyle.css)</style></head><body><main>
        """
}
