import MembershipCore

/// When those that were killed were declared dead, by each observer: a histogram.
struct DetectionChart {
    let delays: [Duration]

    init(_ record: RunRecord) {
        delays = record.events.filter { $0.verb == "kill" }.flatMap(\.delays).sorted()
    }

    /// Nil where nobody was declared dead.
    var svg: String? {
        guard let longest = delays.last else { return nil }
        let seconds = max(1, Int(longest.seconds.rounded(.up)))
        // At most eighty columns, each a round share of a second or more.
        let column = [0.05, 0.1, 0.25, 0.5, 1, 5, 30].first { Double(seconds) / $0 <= 80 } ?? 60
        var counts = [Int](repeating: 0, count: Int((Double(seconds) / column).rounded(.up)) + 1)
        for delay in delays { counts[min(Int(delay.seconds / column), counts.count - 1)] += 1 }
        var chart = Chart(height: 180)
        let times = Scale.linear(from: 0, through: Double(counts.count) * column) {
            Markup.number($0) + " s"
        }
        let heights = Scale.linear(through: Double(counts.max() ?? 1)) { value in
            value == value.rounded() ? "\(Int(value))" : ""
        }
        chart.addVerticalAxis(heights)
        chart.addHorizontalAxis(times, title: "from the kill to the verdict of an observer")
        for (index, count) in counts.enumerated() where count > 0 {
            let left = chart.x(times, Double(index) * column)
            let right = chart.x(times, Double(index + 1) * column)
            let top = chart.y(heights, Double(count))
            let from = WorldInstant.secondsText(Int64(Double(index) * column * 1e9), decimals: 2)
            chart.body.append(
                Markup.rectangle(
                    left + 0.5, top, max(1, right - left - 1), chart.floor - top, "bar",
                    hint: "\(count) at \(from) s"))
        }
        return chart.svg(title: "Verdicts against the time since the kill")
    }
}
