import MembershipCore

/// The table of promises, measured: many seeds, one row a promise.
///
/// All runs have links of 2 ± 1 ms and 1 % loss unless the row says otherwise. A kill is measured
/// from the end of the process to the verdict of each observer.
package struct Bars {
    package struct Options: Sendable {
        package var seeds = 200
        package var firstSeed: UInt64 = 1
        /// Sizes for the rows that name no size of their own.
        package var sizes = [10, 100, 1_000]
        /// Runs with a thousand members, which take seconds each.
        package var largeSeeds = 20
        package var hasBaseline = true

        package init() {}
    }

    private let options: Options
    private var formed: FormedWorlds
    private var baseline: BaselineBars?
    private let progress: (String) -> Void
    private static let loss = Probability(percent: 1)

    package init(_ options: Options, progress: @escaping (String) -> Void) {
        self.options = options
        self.progress = progress
        formed = FormedWorlds()
        baseline = options.hasBaseline ? BaselineBars() : nil
    }

    package mutating func measure() -> [BarRow] {
        var rows: [BarRow] = []
        for size in options.sizes { rows += killRows(size) }
        for size in options.sizes where size >= 100 { rows += rumorRows(size) }
        for size in options.sizes { rows.append(idleRow(size)) }
        for size in options.sizes where size >= 100 { rows.append(joinRow(size)) }
        rows += ordealRows()
        rows.append(splitRow())
        rows += heavyLossRows()
        return rows
    }

    private func seeds(of size: Int, atMost limit: Int = .max) -> Range<UInt64> {
        let count = min(limit, size > 200 ? min(options.largeSeeds, options.seeds) : options.seeds)
        return options.firstSeed..<(options.firstSeed + UInt64(max(1, count)))
    }

    /// Calls `body` for each seed and says how far it is.
    private mutating func forEachSeed(
        _ name: String, _ size: Int, atMost limit: Int = .max,
        _ body: (inout FormedWorlds, UInt64) -> Void
    ) -> Int {
        let range = seeds(of: size, atMost: limit)
        for (done, seed) in range.enumerated() {
            progress("\(name): \(done) of \(range.count)")
            body(&formed, seed)
        }
        return range.count
    }

    private mutating func killRows(_ size: Int) -> [BarRow] {
        var delays = Samples()
        var spreads = Samples()
        var missing = 0
        let runs = forEachSeed("kill, N = \(size)", size) { formed, seed in
            let world = formed.run(of: size, loss: Self.loss, seed: seed)
            let kill = Trials.kill(in: world, seed: seed)
            delays.add(kill.delays)
            if let spread = kill.spread { spreads.add(spread) }
            missing += kill.missing
        }
        let (half, most) = (delays.median, delays.percentile(99))
        let range = seeds(of: size)
        let other = baseline?.kill(size, seeds: range, progress: progress)
        let row = BarRow(
            "kill to dead at an observer, p50 / p99, N = \(size)", bar: "2.9 / 3.5 s",
            measured: "\(half.text) / \(most.text)" + (missing > 0 ? ", \(missing) never" : ""),
            baseline: other?.delays ?? "", runs: runs,
            passes: half.isAtMost(.milliseconds(2_900)) && most.isAtMost(.milliseconds(3_500))
                && missing == 0)
        guard size == 100 else { return [row] }
        let (gap, widest) = (spreads.median, spreads.longest)
        return [
            row,
            BarRow(
                "first to last observer, p50 / max, N = 100", bar: "25 / 60 ms",
                measured: "\(gap.text) / \(widest.text)", baseline: other?.spreads ?? "",
                runs: runs,
                passes: gap.isAtMost(.milliseconds(25)) && widest.isAtMost(.milliseconds(60))),
        ]
    }

    private mutating func rumorRows(_ size: Int) -> [BarRow] {
        var updates = Samples()
        var messages = Samples()
        var missing = 0
        let runs = forEachSeed("rumor, N = \(size)", size) { formed, seed in
            let world = formed.run(of: size, loss: Self.loss, seed: seed)
            let origin = SeededRandom.origin(seed, below: size)
            let heard = [
                Trials.spread(.setMetadata(origin, [7]), of: origin, in: world),
                Trials.spread(.broadcast(origin, type: 1, payload: [7]), of: origin, in: world),
            ]
            missing += heard.reduce(0) { $0 + $1.count { $0 == nil } }
            if let last = heard[0].compactMap(\.self).max() { updates.add(last) }
            if let last = heard[1].compactMap(\.self).max() { messages.add(last) }
        }
        let limits: (Duration, Duration) =
            size > 200
            ? (.milliseconds(60), .milliseconds(250)) : (.milliseconds(30), .milliseconds(80))
        let range = seeds(of: size)
        let other = baseline?.rumor(size, seeds: range, progress: progress) ?? ""
        return [("update", updates), ("message", messages)].map { name, samples in
            let (half, most) = (samples.median, samples.percentile(99))
            return BarRow(
                "\(name) to all, p50 / p99, N = \(size)",
                bar: "\(limits.0.shortText) / \(limits.1.shortText)",
                measured: "\(half.text) / \(most.text)" + (missing > 0 ? ", \(missing) never" : ""),
                baseline: other, runs: runs,
                passes: half.isAtMost(limits.0) && most.isAtMost(limits.1) && missing == 0)
        }
    }

    private mutating func idleRow(_ size: Int) -> BarRow {
        progress("idle, N = \(size)")
        let seed = options.firstSeed
        let bytes = Trials.idleBytes(in: formed.run(of: size, seed: seed))
        let other = baseline?.idle(size, seed: seed)
        return BarRow(
            "idle bytes a node and second, N = \(size)", bar: "340 B", measured: "\(bytes) B",
            baseline: other ?? "", runs: 1, passes: bytes <= 340)
    }

    private mutating func joinRow(_ size: Int) -> BarRow {
        var times = Samples()
        var missing = 0
        // A thousand at once is millions of datagrams.
        let limit = size > 200 ? 3 : .max
        let runs = forEachSeed("join, N = \(size)", size, atMost: limit) { _, seed in
            if let took = Trials.joinAll(size, seed: seed) { times.add(took) } else { missing += 1 }
        }
        let (half, longest) = (times.median, times.longest)
        let limits: (Duration, Duration) =
            size > 200 ? (.seconds(2), .seconds(2)) : (.seconds(1), .seconds(3))
        return BarRow(
            "join of all at once, one seed, p50 / max, N = \(size)",
            bar: "\(limits.0.shortText) / \(limits.1.shortText)",
            measured: "\(half.text) / \(longest.text)" + (missing > 0 ? ", \(missing) never" : ""),
            runs: runs,
            passes: half.isAtMost(limits.0) && longest.isAtMost(limits.1) && missing == 0)
    }

    private mutating func splitRow() -> BarRow {
        var times = Samples()
        var missing = 0
        let runs = forEachSeed("half split, N = 100", 100) { formed, seed in
            let world = formed.run(of: 100, loss: Self.loss, seed: seed)
            if let took = Trials.healSplit(in: world, seed: seed) {
                times.add(took)
            } else {
                missing += 1
            }
        }
        let (half, longest) = (times.median, times.longest)
        return BarRow(
            "half split for 60 s heals, p50 / max, N = 100", bar: "2.5 s",
            measured: "\(half.text) / \(longest.text)" + (missing > 0 ? ", \(missing) never" : ""),
            runs: runs, passes: longest.isAtMost(.milliseconds(2_500)) && missing == 0)
    }

    private mutating func heavyLossRows() -> [BarRow] {
        let heavy = Probability(percent: 20)
        var delays = Samples()
        var falseDeaths = 0
        var missing = 0
        let runs = forEachSeed("20 % loss, N = 100", 100) { formed, seed in
            let world = formed.run(of: 100, loss: heavy, seed: seed)
            let kill = Trials.kill(in: world, seed: seed)
            delays.add(kill.delays)
            falseDeaths += kill.falseDeaths
            missing += kill.missing
        }
        progress("20 % loss, bytes")
        let world = formed.run(of: 100, loss: heavy, seed: options.firstSeed)
        let bytes = Trials.idleBytes(in: world, for: .seconds(60))
        let half = delays.median
        return [
            BarRow(
                "20 % loss: kill p50, N = 100", bar: "3.2 s",
                measured: half.text + (missing > 0 ? ", \(missing) never" : ""),
                runs: runs, passes: half.isAtMost(.milliseconds(3_200)) && missing == 0),
            BarRow(
                "20 % loss: false deaths, N = 100", bar: "0", measured: "\(falseDeaths)",
                runs: runs, passes: falseDeaths == 0),
            BarRow(
                "20 % loss: bytes a node and second, N = 100", bar: "1700 B",
                measured: "\(bytes) B", runs: 1, passes: bytes <= 1_700),
        ]
    }

    private mutating func ordealRows() -> [BarRow] {
        var sums = Ordeal.Outcome()
        var others = Ordeal.Outcome()
        var rows: [BarRow] = []
        var runs = 0
        for ordeal in Ordeal.allCases {
            var total = Ordeal.Outcome()
            var other = Ordeal.Outcome()
            let hasBaseline = options.hasBaseline
            runs = forEachSeed(ordeal.rawValue, 100) { formed, seed in
                let world = formed.run(of: 100, loss: Self.loss, seed: seed)
                total += ordeal.run(in: world, seed: seed)
                if hasBaseline { other += BaselineBars.ordeal(ordeal, seed: seed) }
            }
            sums += total
            others += other
            if let row = sufferersRow(ordeal, total, other, runs) { rows.append(row) }
        }
        let hasBaseline = options.hasBaseline
        func beside(_ count: Int) -> String { hasBaseline ? Self.rate(count, in: runs) : "" }
        return [
            BarRow(
                "false deaths of the healthy, by the healthy, all ordeals", bar: "0",
                measured: Self.rate(sums.healthyByHealthy, in: runs),
                baseline: beside(others.healthyByHealthy), runs: runs,
                passes: sums.healthyByHealthy == 0),
            BarRow(
                "false deaths of the healthy, by anybody, all ordeals", bar: "0.2 a run",
                measured: Self.rate(sums.healthyByAnybody, in: runs),
                baseline: beside(others.healthyByAnybody), runs: runs,
                passes: sums.healthyByAnybody * 5 <= runs),
        ] + rows
    }

    /// Deaths of those that were only slow; nil where dying is right.
    private func sufferersRow(
        _ ordeal: Ordeal, _ total: Ordeal.Outcome, _ other: Ordeal.Outcome, _ runs: Int
    ) -> BarRow? {
        let bar: String
        let passes: Bool
        switch ordeal {
        case .shortPause, .pauseWithinTolerance:
            (bar, passes) = ("0", total.sufferers == 0)
        case .starvedReceive: (bar, passes) = ("0.1 a run", total.sufferers * 10 <= runs)
        case .crash, .longPause, .muteAndDeaf, .heavyLoss: return nil
        }
        return BarRow(
            "deaths of the sufferers, \(ordeal.rawValue), of 100", bar: bar,
            measured: Self.rate(total.sufferers, in: runs),
            baseline: options.hasBaseline ? Self.rate(other.sufferers, in: runs) : "",
            runs: runs, passes: passes)
    }

    /// `0.05 a run`.
    private static func rate(_ count: Int, in runs: Int) -> String {
        let hundredths = count * 100 / max(1, runs)
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) a run"
    }
}

extension Ordeal.Outcome {
    static func += (total: inout Self, part: Self) {
        total.healthyByHealthy += part.healthyByHealthy
        total.healthyByAnybody += part.healthyByAnybody
        total.sufferers += part.sufferers
    }
}
