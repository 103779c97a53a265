import MembershipCore

/// How many of those who should hear of an event have heard, against the time since it; one curve
/// for each kind of event.
struct ConvergenceChart {
    struct Curve {
        var verb: String
        var events: Int
        /// Of all who heard, sorted.
        var delays: [Duration]
        /// Who should have heard, of all events together.
        var expected: Int
    }

    let curves: [Curve]

    /// - Parameter lasting: hosts that still run at the end, who should know of all that happened
    ///   after they had started.
    init(_ record: RunRecord, lasting: [Int: WorldInstant]) {
        curves = ["join", "update", "message", "leave", "kill"].compactMap { verb in
            let events = record.events.filter { $0.verb == verb }
            guard !events.isEmpty else { return nil }
            let expected = events.reduce(0) { sum, event in
                let audience = lasting.filter { host, since in
                    host != event.host && (since <= event.time || event.heard[host] != nil)
                }
                return sum + Set(audience.keys).union(event.heard.keys).count
            }
            return Curve(
                verb: verb, events: events.count,
                delays: events.flatMap(\.delays).sorted(), expected: expected)
        }
    }

    var svg: String {
        var chart = Chart(height: 260, top: 40)
        let all = curves.flatMap(\.delays).map(\.seconds)
        let times = Scale.powers(
            from: max(all.min() ?? 0.001, 0.000_1), through: max(all.max() ?? 1, 0.01),
            label: Self.timeText)
        let shares = Scale.linear(from: 0, through: 1) { "\(Int(($0 * 100).rounded())) %" }
        chart.addVerticalAxis(shares)
        chart.addHorizontalAxis(times, title: "time since the event")
        for (number, curve) in curves.enumerated() {
            let style = "curve c\(number)"
            let key = Chart.left + Double(number) * 170
            chart.body.append(Markup.line([(key, 16), (key + 22, 16)], style))
            let count = curve.events == 1 ? "" : " (\(curve.events))"
            chart.body.append(Markup.text(key + 28, 20, curve.verb + count))
            chart.body.append(Markup.line(points(curve, chart, times, shares), style))
        }
        return chart.svg(title: "Share of members that have heard, against time")
    }

    private func points(
        _ curve: Curve, _ chart: Chart, _ times: Scale, _ shares: Scale
    ) -> [(x: Double, y: Double)] {
        var points = [(x: Chart.left, y: chart.floor)]
        var height = chart.floor
        for (index, delay) in curve.delays.enumerated() {
            let x = chart.x(times, delay.seconds)
            let y = chart.y(shares, Double(index + 1) / Double(max(1, curve.expected)))
            // A step that nobody could see is left out.
            if index < curve.delays.count - 1, height - y < 0.5,
                x - points[points.count - 1].x < 0.5
            {
                continue
            }
            points += [(x, height), (x, y)]
            height = y
        }
        points.append((Chart.width - Chart.right, height))
        return points
    }

    static func timeText(_ seconds: Double) -> String {
        if seconds < 0.000_999 { return "\(Int((seconds * 1e6).rounded())) µs" }
        if seconds < 0.999 { return "\(Int((seconds * 1e3).rounded())) ms" }
        return "\(Int(seconds.rounded())) s"
    }
}
