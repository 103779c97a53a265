import MembershipCore
import MembershipWire

/// A lane for each host: what all others believed of it, and what was wrong with it meanwhile.
///
/// The height of a colour is the share of observers that held the member for suspect, dead or left,
/// at the worst moment of that column: a suspicion of 100 ms is seen as well as one of a minute.
struct LaneChart {
    /// At most so many lanes; those with the most to show.
    static let limit = 64
    private static let laneHeight = 13.0
    private static let gap = 5.0
    private static let columns = 876

    private let lanes: [Int]
    private let names: [String]
    private let record: RunRecord
    private let faults: [FaultSpan]
    private let end: WorldInstant

    init(_ record: RunRecord, names: [String], faults: [FaultSpan], until end: WorldInstant) {
        var interest = [Int](repeating: 0, count: names.count)
        for fault in faults { if let host = fault.host { interest[host] += 1_000 } }
        for event in record.events where event.verb != "join" { interest[event.host] += 1_000 }
        for belief in record.beliefs where belief.state == .suspect || belief.state == .dead {
            interest[belief.member] += 1
        }
        let busiest = names.indices.sorted { (interest[$1], $0) < (interest[$0], $1) }
        lanes = busiest.prefix(Self.limit).sorted()
        self.names = names
        self.record = record
        self.faults = faults
        self.end = end
    }

    /// How many hosts have no lane.
    var hidden: Int { names.count - lanes.count }

    var svg: String {
        let step = Self.laneHeight + Self.gap
        var chart = Chart(height: Double(lanes.count) * step, top: 36)
        let times = Scale.linear(from: 0, through: end.seconds) { Markup.number($0) + " s" }
        addKey(&chart)
        chart.body += faults.filter { $0.host == nil }.shading(chart, times)
        chart.addHorizontalAxis(times, title: "time of the world")
        for (place, host) in lanes.enumerated() {
            let top = chart.top + Double(place) * step + Self.gap / 2
            let middle = top + Self.laneHeight - 3
            chart.body.append(Markup.text(Chart.left - 8, middle, names[host], anchor: "end"))
            addLife(of: host, top, &chart, times)
            addBeliefs(about: host, top, &chart)
            for fault in faults where fault.host == host {
                let left = chart.x(times, fault.start.seconds)
                let right = chart.x(times, fault.end.seconds)
                chart.body.append(
                    Markup.rectangle(
                        left, top - 1.5, max(right - left, 1), Self.laneHeight + 3, "fault ring",
                        hint: "\(names[host]) \(fault.label): \(fault.start.text) to "
                            + fault.end.text))
            }
        }
        return chart.svg(title: "What others believed of each host, against time")
    }

    private func addKey(_ chart: inout Chart) {
        var place = Chart.left
        for (style, text) in [
            ("alive", "runs"), ("suspect", "suspected by"), ("dead", "dead to"),
            ("left", "left to"),
            ("fault ring", "a fault"),
        ] {
            chart.body.append(Markup.rectangle(place, 8, 22, 12, style))
            chart.body.append(Markup.text(place + 28, 18, text))
            place += 130
        }
    }

    /// A thin ground where its process runs.
    private func addLife(
        of host: Int, _ top: Double, _ chart: inout Chart, _ times: Scale
    ) {
        var since: WorldInstant?
        for life in record.lives where life.host == host {
            if life.isRunning {
                since = since ?? life.time
            } else if let start = since {
                chart.body.append(ground(start, life.time, top, chart, times))
                since = nil
            }
        }
        if let since { chart.body.append(ground(since, end, top, chart, times)) }
    }

    private func ground(
        _ start: WorldInstant, _ stop: WorldInstant, _ top: Double, _ chart: Chart, _ times: Scale
    ) -> String {
        let left = chart.x(times, start.seconds)
        let width = max(chart.x(times, stop.seconds) - left, 1)
        return Markup.rectangle(left, top, width, Self.laneHeight, "alive")
    }

    private func addBeliefs(about member: Int, _ top: Double, _ chart: inout Chart) {
        for (state, style) in [
            (MemberState.left, "left"), (.dead, "dead"), (.suspect, "suspect"),
        ] {
            let shares = worstShares(of: state, member)
            var column = 0
            while column < shares.count {
                var last = column
                while last + 1 < shares.count, shares[last + 1] == shares[column] { last += 1 }
                if shares[column] > 0 {
                    let height = max(2, Self.laneHeight * Double(shares[column]) / 16)
                    chart.body.append(
                        Markup.rectangle(
                            Chart.left + Double(column), top + Self.laneHeight - height,
                            Double(last - column + 1), height, style))
                }
                column = last + 1
            }
        }
    }

    /// In sixteenths of all observers, for each column of the picture.
    private func worstShares(of state: MemberState, _ member: Int) -> [Int] {
        var shares = [Int](repeating: 0, count: Self.columns)
        var holders: Set<Int> = []
        let others = max(1, names.count - 1)
        var column = 0
        func share() -> Int { (holders.count * 16 + others - 1) / others }
        func fill(through last: Int) {
            while column < min(last, Self.columns - 1) {
                shares[column] = max(shares[column], share())
                column += 1
            }
            shares[column] = max(shares[column], share())
        }
        for change in changes(about: member) {
            fill(through: Int(change.time.seconds / max(end.seconds, 1e-9) * Double(Self.columns)))
            switch change.what {
            case .believes(let observer, let new):
                if new == state { holders.insert(observer) } else { holders.remove(observer) }
            case .ends(let observer): holders.remove(observer)
            }
            shares[column] = max(shares[column], share())
        }
        fill(through: Self.columns)
        return shares
    }

    private enum Change {
        case believes(Int, MemberState?)
        case ends(Int)
    }

    /// Beliefs about one member, and the ends of those who held them, by time.
    private func changes(about member: Int) -> [(time: WorldInstant, what: Change)] {
        let beliefs: [(time: WorldInstant, what: Change)] = record.beliefs.compactMap {
            $0.member == member && $0.observer != member
                ? ($0.time, .believes($0.observer, $0.state)) : nil
        }
        let ends: [(time: WorldInstant, what: Change)] = record.lives.compactMap {
            $0.isRunning ? nil : ($0.time, .ends($0.host))
        }
        return (beliefs + ends).enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
    }
}
