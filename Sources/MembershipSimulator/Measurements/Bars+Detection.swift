import MembershipCore

/// How soon dead members are known, and that only dead ones are declared dead.
extension Bars {
    mutating func killRows(_ bar: Bar, _ size: Int) async -> [BarRow] {
        let title = "kill, N = \(size)"
        let kills = await overSeeds(bar, title) { formed, seed in
            Trials.kill(in: formed.run(of: size, loss: Self.loss, seed: seed), seed: seed)
        }
        let other = await overPeerSeeds(bar, title) { peer, seed in
            peer.kill(size, seed, Self.loss)
        }
        let (delays, theirs) = (kills.delays, other?.delays)
        let missing = kills.reduce(0) { $0 + $1.missing }
        let row = BarRow(
            bar.id, "kill to dead at an observer, p50 / p99, N = \(size)", bar: "2.9 / 3.5 s",
            measured: BarRow.pair(delays.median, delays.percentile(99), missing: missing),
            peer: theirs.map { BarRow.pair($0.median, $0.percentile(99)) } ?? "",
            runs: kills.count,
            passes: delays.median.isAtMost(.milliseconds(2_900))
                && delays.percentile(99).isAtMost(.milliseconds(3_500)) && missing == 0)
        guard size == 100 else { return [row] }
        let (spreads, theirSpreads) = (kills.spreads, other?.spreads)
        return [
            row,
            BarRow(
                bar.id, "first to last observer, p50 / max, N = 100", bar: "25 / 60 ms",
                measured: BarRow.pair(spreads.median, spreads.longest),
                peer: theirSpreads.map { BarRow.pair($0.median, $0.longest) } ?? "",
                runs: kills.count,
                passes: spreads.median.isAtMost(.milliseconds(25))
                    && spreads.longest.isAtMost(.milliseconds(60))),
        ]
    }

    mutating func ordealRows(_ bar: Bar, _ ordeal: Ordeal) async -> [BarRow] {
        let outcomes = await overSeeds(bar, ordeal.title) { formed, seed in
            ordeal.run(in: formed.run(of: 100, loss: Self.loss, seed: seed), seed: seed)
        }
        let others = await overPeerSeeds(bar, ordeal.title) { peer, seed in
            peer.ordeal(ordeal, seed, Self.loss)
        }
        let (total, runs) = (outcomes.total, outcomes.count)
        func text(_ outcome: Ordeal.Outcome) -> String {
            BarRow.rate(outcome.healthyByHealthy, in: runs) + " / "
                + BarRow.rate(outcome.healthyByAnybody, in: runs)
        }
        let healthy = BarRow(
            bar.id, "false deaths of the healthy, at the healthy / anywhere: \(ordeal.title)",
            bar: "0 / 0.2 a run", measured: text(total),
            peer: others.map { text($0.total) } ?? "", runs: runs,
            passes: total.healthyByHealthy == 0 && total.healthyByAnybody * 5 <= runs)
        guard let limit = ordeal.deathsPerTenRuns else { return [healthy] }
        let sufferers = BarRow(
            bar.id, "deaths of the sufferers: \(ordeal.title)",
            bar: limit == 0 ? "0" : "0.\(limit) a run",
            measured: BarRow.rate(total.sufferers, in: runs),
            peer: others.map { BarRow.rate($0.total.sufferers, in: runs) } ?? "", runs: runs,
            passes: total.sufferers * 10 <= limit * runs)
        return [healthy, sufferers]
    }

    mutating func heavyLossRows(_ bar: Bar) async -> [BarRow] {
        let heavy = Probability(percent: 20)
        let length: Duration = .seconds(60)
        let kills = await overSeeds(bar, "20 % loss, kill") { formed, seed in
            Trials.kill(in: formed.run(of: 100, loss: heavy, seed: seed), seed: seed)
        }
        let other = await overPeerSeeds(bar, "20 % loss, kill") { peer, seed in
            peer.kill(100, seed, heavy)
        }
        let calms = await overSeeds(bar, "20 % loss, a minute of calm") { formed, seed in
            Trials.calm(in: formed.run(of: 100, loss: heavy, seed: seed), for: length)
        }
        let otherCalms = await overPeerSeeds(bar, "20 % loss, a minute of calm") { peer, seed in
            peer.calm(100, seed, heavy, length)
        }
        let delays = kills.delays
        let missing = kills.reduce(0) { $0 + $1.missing }
        let falseDeaths = calms.reduce(kills.reduce(0) { $0 + $1.falseDeaths }) { $0 + $1.deaths }
        let theirs = other.map { kills in
            kills.reduce(0) { $0 + $1.falseDeaths }
                + (otherCalms ?? []).reduce(0) { $0 + $1.deaths }
        }
        let bytes = calms.meanBytes
        return [
            BarRow(
                bar.id, "20 % loss: kill p50, N = 100", bar: "3.2 s",
                measured: delays.median.text + (missing > 0 ? ", \(missing) never" : ""),
                peer: other?.delays.median.text ?? "", runs: kills.count,
                passes: delays.median.isAtMost(.milliseconds(3_200)) && missing == 0),
            BarRow(
                bar.id, "20 % loss: false deaths, with a minute of calm", bar: "0",
                measured: "\(falseDeaths)", peer: theirs.map { "\($0)" } ?? "",
                runs: kills.count, passes: falseDeaths == 0),
            BarRow(
                bar.id, "20 % loss: bytes a node and second, calm", bar: "1700 B",
                measured: "\(bytes) B", peer: otherCalms.map { "\($0.meanBytes) B" } ?? "",
                runs: calms.count, passes: bytes <= 1_700),
        ]
    }
}

extension Ordeal {
    /// How many of the affected members may be declared dead in ten runs; nil if declaring them
    /// dead is right.
    fileprivate var deathsPerTenRuns: Int? {
        switch self {
        case .shortPause, .pauseWithinTolerance: 0
        case .starvedReceive: 1
        case .crash, .longPause, .muteAndDeaf, .heavyLoss: nil
        }
    }
}

extension [Trials.Kill] {
    /// The delays of all observers in all runs.
    var delays: Samples { Samples(flatMap(\.delays)) }
    /// The spreads of all runs.
    var spreads: Samples { Samples(compactMap(\.spread)) }
}

extension [Trials.Calm] {
    var meanBytes: Int { isEmpty ? 0 : reduce(0) { $0 + $1.bytesPerNodeSecond } / count }
}

extension [Ordeal.Outcome] {
    fileprivate var total: Ordeal.Outcome {
        reduce(into: Ordeal.Outcome()) { total, part in
            total.healthyByHealthy += part.healthyByHealthy
            total.healthyByAnybody += part.healthyByAnybody
            total.sufferers += part.sufferers
        }
    }
}
