import MembershipCore

/// How soon the death of a process is known where members hold lifelines, and that nothing else looks
/// like it. The figures without lifelines are beside them, by the same seeds.
package enum SuddenBar: String, CaseIterable, Hashable, Sendable {
    case kill10 = "kill-10"
    case kill100 = "kill-100"
    case kill1000 = "kill-1000"
    case loss, wan, local, abort, vanish, remove, third, rack, restart, illusions, liars, idle
}

extension Bars {
    /// A kind of world.
    enum Variant: Hashable, Sendable {
        case usual, lifelines, wan, wanLifelines, local, localLifelines

        func options(_ changes: ConstantChanges) -> WorldOptions {
            var options = WorldOptions()
            switch self {
            case .usual, .lifelines: break
            case .wan, .wanLifelines:
                options.configuration = .wan
                options.latency = .wan
            case .local, .localLifelines:
                options.configuration = .local
                options.latency = .loopback
            }
            switch self {
            case .usual, .wan, .local: break
            case .lifelines, .wanLifelines, .localLifelines:
                options.configuration.holdsLifelines = true
            }
            options.configuration = changes.applied(to: options.configuration)
            return options
        }
    }

    mutating func suddenRows(_ bar: Bar, _ kind: SuddenBar) async -> [BarRow] {
        switch kind {
        case .kill10: await endRows(bar, "process killed", 10, within: (250, 400))
        case .kill100: await endRows(bar, "process killed", 100, within: (250, 400))
        case .kill1000: await endRows(bar, "process killed", 1_000, within: (300, 500))
        case .loss:
            await endRows(
                bar, "process killed, 20 % loss", 100, loss: Probability(percent: 20),
                within: (400, 1_500))
        case .wan:
            await endRows(
                bar, "process killed, wan", 100, in: .wanLifelines, beside: .wan,
                within: (1_000, 1_300))
        case .local:
            await endRows(
                bar, "process killed, local", 64, loss: .never, in: .localLifelines,
                beside: .local, within: (100, 150))
        case .abort:
            await endRows(bar, "process aborted (reset)", 100, by: .abort, within: (250, 400))
        case .vanish:
            await endRows(bar, "machine vanished", 100, by: .vanish, within: (2_900, 3_500))
        case .remove:
            await endRows(
                bar, "container removed with its network", 100, by: .remove,
                within: (2_900, 3_500))
        case .third: await stormRows(bar, "a third killed at once", share: 333)
        case .rack: await stormRows(bar, "40 neighbors killed at once", share: 40)
        case .restart: await restartRows(bar)
        case .illusions: await illusionRows(bar)
        case .liars: await liarRows(bar)
        case .idle: await restRows(bar)
        }
    }

    private mutating func endRows(
        _ bar: Bar, _ title: String, _ size: Int, loss: Probability = Bars.loss,
        by ending: SuddenTrials.Ending = .kill, in variant: Variant = .lifelines,
        beside other: Variant = .usual, within limits: (Int64, Int64)
    ) async -> [BarRow] {
        let name = "\(title), N = \(size)"
        @Sendable func trial(_ formed: inout FormedWorlds, _ seed: UInt64) -> SuddenTrials.Ends {
            let victim = SeededRandom.origin(seed, below: size)
            return SuddenTrials.end(
                [victim], by: ending, in: formed.run(of: size, loss: loss, seed: seed))
        }
        let with = await overSeeds(bar, name, in: variant) { trial(&$0, $1) }
        let without = await overSeeds(bar, name + ", without", in: other) { trial(&$0, $1) }
        let theirs = await overPeerSeeds(bar, name) { peer, seed in peer.kill(size, seed, loss) }
        let last = Samples(with.compactMap(\.last))
        let lastWithout = Samples(without.compactMap(\.last))
        let limit = (Duration.milliseconds(limits.0), Duration.milliseconds(limits.1))
        let falseDeaths = with.reduce(0) { $0 + $1.falseDeaths }
        let missing = with.count - last.count
        let isAlike = other == .usual || loss == Self.loss
        let each = Samples(with.flatMap(\.delays))
        return [
            BarRow(
                bar.id, "\(name): known to all, p50 / p99 / max",
                bar: "\(limit.0.shortText) / \(limit.1.shortText)",
                measured: "\(last.median.text) / \(last.percentile(99).text) / "
                    + "\(last.longest.text)" + (missing > 0 ? ", \(missing) never" : "")
                    + ", without \(lastWithout.median.text) / \(lastWithout.percentile(99).text)",
                peer: isAlike
                    ? theirs.map { kills in
                        let times = Samples(kills.compactMap { $0.delays.max() })
                        return BarRow.pair(times.median, times.percentile(99))
                    } ?? "" : "",
                runs: with.count,
                passes: last.median.isAtMost(limit.0) && last.percentile(99).isAtMost(limit.1)
                    && missing == 0),
            BarRow(
                bar.id, "\(name): to an observer, p50 / p99; false deaths",
                bar: "0",
                measured: BarRow.pair(each.median, each.percentile(99))
                    + "; \(falseDeaths)",
                runs: with.count, passes: falseDeaths == 0),
        ]
    }

    /// A share of a thousand, at random places of the circle or side by side.
    private mutating func stormRows(
        _ bar: Bar, _ title: String, share: Int
    ) async -> [BarRow] {
        let size = 1_000
        let isRack = share < 100
        let runs = await overSeeds(bar, title, in: .lifelines) { formed, seed in
            let world = formed.run(of: size, loss: Self.loss, seed: seed)
            var random = SeededRandom(seed: seed, label: "storm")
            var victims = random.sample(share, of: Array(0..<size))
            if isRack {
                let circle = world.hosts.indices.sorted { world.hosts[$0].id < world.hosts[$1].id }
                let first = random.index(below: size)
                victims = (0..<share).map { circle[(first + $0) % size] }
            }
            return SuddenTrials.end(victims, by: .kill, in: world, step: .milliseconds(20))
        }
        let equal = Samples(runs.compactMap(\.viewsEqual))
        let each = Samples(runs.flatMap(\.delays))
        let falseDeaths = runs.reduce(0) { $0 + $1.falseDeaths }
        let knocks = runs.reduce(0) { $0 + $1.knocksPerNode } / max(1, runs.count)
        let missing = runs.count - equal.count
        return [
            BarRow(
                bar.id, "\(title), N = 1000: views equal, p50 / max", bar: "2 s",
                measured: BarRow.pair(equal.median, equal.longest, missing: missing),
                runs: runs.count,
                passes: equal.longest.isAtMost(.seconds(2)) && missing == 0),
            BarRow(
                bar.id, "\(title), N = 1000: a verdict, p50 / p99; knocks a node; false deaths",
                bar: "0",
                measured: BarRow.pair(each.median, each.percentile(99))
                    + "; \(knocks); \(falseDeaths)", runs: runs.count, passes: falseDeaths == 0),
        ]
    }

    private mutating func restartRows(_ bar: Bar) async -> [BarRow] {
        var rows: [BarRow] = []
        for away in [20, 50, 100, 150, 200, 500, 2_000] as [Int64] {
            let title = "restart after \(away) ms, N = 100"
            let runs = await overSeeds(bar, title, in: .lifelines) { formed, seed in
                SuddenTrials.restart(
                    away: .milliseconds(away),
                    in: formed.run(of: 100, loss: Self.loss, seed: seed), seed: seed)
            }
            let dead = runs.count { $0.wasDead }
            let times = Samples(runs.map(\.deadAfterReturn))
            let limit: Duration = away < 100 ? .zero : .milliseconds(300)
            rows.append(
                BarRow(
                    bar.id, "\(title): runs in which it died; dead after its return, p50 / max",
                    bar: limit == .zero ? "0" : "300 ms",
                    measured: "\(dead); " + BarRow.pair(times.median, times.longest),
                    runs: runs.count, passes: times.longest.isAtMost(limit)))
        }
        return rows
    }

    private mutating func illusionRows(_ bar: Bar) async -> [BarRow] {
        var rows: [BarRow] = []
        for illusion in SuddenTrials.Illusion.allCases {
            let runs = await overSeeds(bar, illusion.rawValue, in: .lifelines) { formed, seed in
                SuddenTrials.illusion(
                    illusion, in: formed.run(of: 100, loss: Self.loss, seed: seed), seed: seed)
            }
            let without = await overSeeds(bar, illusion.rawValue + ", without", in: .usual) {
                SuddenTrials.illusion(
                    illusion, in: $0.run(of: 100, loss: Self.loss, seed: $1), seed: $1)
            }
            let usual = without.reduce(0) { $0 + $1.healthy }
            let gone = runs.reduce(0) { $0 + $1.gone }
            let healthy = runs.reduce(0) { $0 + $1.healthy }
            rows.append(
                BarRow(
                    bar.id, "\(illusion.rawValue): false deaths by gone; of the healthy",
                    bar: "0; as without",
                    measured: "\(gone); \(healthy), without \(usual)", runs: runs.count,
                    passes: gone == 0 && healthy <= usual))
        }
        return rows
    }

    private mutating func liarRows(_ bar: Bar) async -> [BarRow] {
        var rows: [BarRow] = []
        for liars in 1...3 {
            let title = "\(liars) say 100 times that a healthy member is gone, N = 100"
            let runs = await overSeeds(bar, title, in: .lifelines) { formed, seed in
                SuddenTrials.lie(
                    liars, in: formed.run(of: 100, loss: Self.loss, seed: seed), seed: seed)
            }
            let deaths = runs.reduce(0) { $0 + $1.healthy }
            rows.append(
                BarRow(
                    bar.id, "\(title): deaths", bar: "0", measured: "\(deaths)", runs: runs.count,
                    passes: deaths == 0))
        }
        return rows
    }

    private mutating func restRows(_ bar: Bar) async -> [BarRow] {
        var rows: [BarRow] = []
        for size in [10, 100, 1_000] {
            @Sendable func trial(_ formed: inout FormedWorlds, _ seed: UInt64) -> Trials.Calm {
                Trials.calm(
                    in: formed.run(of: size, loss: Self.loss, seed: seed), for: .seconds(60))
            }
            let title = "at rest with lifelines, N = \(size)"
            let with = await overSeeds(bar, title, in: .lifelines) { trial(&$0, $1) }
            let without = await overSeeds(bar, title + ", without", in: .usual) { trial(&$0, $1) }
            let (bytes, usual) = (with.meanBytes, without.meanBytes)
            rows.append(
                BarRow(
                    bar.id, "\(title): bytes a node and second", bar: "\(usual) B",
                    measured: "\(bytes) B", runs: with.count,
                    passes: bytes * 100 <= usual * 101))
        }
        return rows
    }
}
