import MembershipCore

/// What the nodes sent, second by second: the mean of all, and between the least and the most.
struct TrafficChart {
    private let moments: [WorldInstant]
    private let rates: [(mean: Double, least: Double, most: Double)]
    private let spans: [FaultSpan]
    private let end: WorldInstant

    init(_ record: RunRecord, faults: [FaultSpan], until end: WorldInstant) {
        self.end = end
        spans = faults.filter { $0.host == nil }
        var moments: [WorldInstant] = []
        var rates: [(mean: Double, least: Double, most: Double)] = []
        for index in record.moments.indices.dropFirst() {
            let seconds = (record.moments[index] - record.moments[index - 1]).seconds
            let before = record.sent[index - 1]
            let each = record.sent[index].enumerated().map { host, bytes in
                Double(bytes - (host < before.count ? before[host] : 0)) / max(seconds, 1e-9)
            }
            guard !each.isEmpty else { continue }
            moments.append(record.moments[index])
            let mean = each.reduce(0, +) / Double(each.count)
            rates.append((mean, each.min() ?? 0, each.max() ?? 0))
        }
        self.moments = moments
        self.rates = rates
    }

    var svg: String {
        var chart = Chart(height: 220, top: 34)
        let most = rates.map(\.most).max() ?? 1
        let times = Scale.linear(from: 0, through: end.seconds) { Markup.number($0) + " s" }
        let bytes = Scale.powers(from: 10, through: max(most, 100), label: Self.bytesText)
        chart.body += spans.shading(chart, times)
        chart.addVerticalAxis(bytes)
        chart.addHorizontalAxis(times, title: "time of the world")
        let places = moments.map { chart.x(times, $0.seconds) }
        let upper = zip(places, rates).map { (x: $0, y: chart.y(bytes, max($1.most, 10))) }
        let lower = zip(places, rates).map { (x: $0, y: chart.y(bytes, max($1.least, 10))) }
        chart.body.append(Markup.area(upper + lower.reversed(), "band"))
        let mean = zip(places, rates).map { (x: $0, y: chart.y(bytes, max($1.mean, 10))) }
        chart.body.append(Markup.line(mean, "curve c0"))
        chart.body.append(Markup.line([(Chart.left, 14), (Chart.left + 22, 14)], "curve c0"))
        chart.body.append(Markup.text(Chart.left + 28, 18, "mean of all nodes"))
        chart.body.append(Markup.rectangle(Chart.left + 170, 8, 22, 12, "band"))
        chart.body.append(Markup.text(Chart.left + 198, 18, "from the least to the most"))
        return chart.svg(title: "Bytes sent by a node in a second, against time")
    }

    static func bytesText(_ value: Double) -> String {
        if value < 999 { return "\(Int(value.rounded())) B" }
        if value < 999_000 { return "\(Int((value / 1_000).rounded())) kB" }
        return "\(Int((value / 1_000_000).rounded())) MB"
    }
}

extension [FaultSpan] {
    /// Behind a picture whose axis is the time of the world.
    func shading(_ chart: Chart, _ times: Scale) -> [String] {
        map { span in
            let left = chart.x(times, span.start.seconds)
            let right = chart.x(times, span.end.seconds)
            return Markup.rectangle(
                left, chart.top, Swift.max(right - left, 1), chart.height, "fault",
                hint: "\(span.label): \(span.start.text) to \(span.end.text)")
        }
    }
}
