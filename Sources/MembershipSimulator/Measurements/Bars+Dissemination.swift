import MembershipCore

/// How news travels, the cost without events, and how clusters form.
extension Bars {
    mutating func rumorRows(_ bar: Bar, _ size: Int) async -> [BarRow] {
        let title = "rumor, N = \(size)"
        let runs = await overSeeds(bar, title) { formed, seed in
            let world = formed.run(of: size, loss: Self.loss, seed: seed)
            let origin = SeededRandom.origin(seed, below: size)
            return [
                Trials.spread(.setMetadata(origin, [7]), of: origin, in: world).last,
                Trials.spread(.broadcast(origin, type: 1, payload: [7]), of: origin, in: world)
                    .last,
            ]
        }
        let other = await overPeerSeeds(bar, title) { peer, seed in
            peer.rumor(size, seed, Self.loss)
        }
        let limits: (Duration, Duration) =
            size > 200
            ? (.milliseconds(60), .milliseconds(250)) : (.milliseconds(30), .milliseconds(80))
        let theirs = other.map { Samples($0.compactMap(\.self)) }
        return ["update", "message"].enumerated().map { column, name in
            let times = Samples(runs.compactMap { $0[column] })
            let missing = runs.count - times.count
            let (half, most) = (times.median, times.percentile(99))
            return BarRow(
                bar.id, "\(name) to all, p50 / p99, N = \(size)",
                bar: "\(limits.0.shortText) / \(limits.1.shortText)",
                measured: BarRow.pair(half, most, missing: missing),
                peer: theirs.map { BarRow.pair($0.median, $0.percentile(99)) } ?? "",
                runs: runs.count,
                passes: half.isAtMost(limits.0) && most.isAtMost(limits.1) && missing == 0)
        }
    }

    mutating func idleRows(_ bar: Bar, _ size: Int) async -> [BarRow] {
        let title = "idle, N = \(size)"
        let calms = await overSeeds(bar, title) { formed, seed in
            Trials.calm(in: formed.run(of: size, loss: Self.loss, seed: seed), for: .seconds(60))
        }
        let other = await overPeerSeeds(bar, title) { peer, seed in
            peer.calm(size, seed, Self.loss, .seconds(60))
        }
        let bytes = calms.meanBytes
        return [
            BarRow(
                bar.id, "idle bytes sent a node and second, N = \(size)", bar: "340 B",
                measured: "\(bytes) B", peer: other.map { "\($0.meanBytes) B" } ?? "",
                runs: calms.count, passes: bytes <= 340)
        ]
    }

    mutating func joinRows(_ bar: Bar, _ size: Int) async -> [BarRow] {
        var world = Variant.usual.options(options.changes)
        world.loss = Self.loss
        let runs = await overSeeds(bar, "join, N = \(size)") { [world] _, seed in
            Trials.joinAll(size, seed: seed, options: world)
        }
        let times = Samples(runs.compactMap(\.self))
        let missing = runs.count - times.count
        let (half, longest) = (times.median, times.longest)
        let limits: (Duration, Duration) =
            size > 200 ? (.seconds(2), .seconds(2)) : (.seconds(1), .seconds(3))
        return [
            BarRow(
                bar.id, "join of all at once, one seed, p50 / max, N = \(size)",
                bar: "\(limits.0.shortText) / \(limits.1.shortText)",
                measured: BarRow.pair(half, longest, missing: missing), runs: runs.count,
                passes: half.isAtMost(limits.0) && longest.isAtMost(limits.1) && missing == 0)
        ]
    }

    mutating func splitRows(_ bar: Bar) async -> [BarRow] {
        let runs = await overSeeds(bar, "half split, N = 100") { formed, seed in
            Trials.healSplit(in: formed.run(of: 100, loss: Self.loss, seed: seed), seed: seed)
        }
        let times = Samples(runs.compactMap(\.self))
        let missing = runs.count - times.count
        return [
            BarRow(
                bar.id, "half split for 60 s, views equal after, p50 / max, N = 100", bar: "2.5 s",
                measured: BarRow.pair(times.median, times.longest, missing: missing),
                runs: runs.count,
                passes: times.longest.isAtMost(.milliseconds(2_500)) && missing == 0)
        ]
    }
}
