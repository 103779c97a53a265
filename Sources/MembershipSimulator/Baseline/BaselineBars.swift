import MembershipCore

/// The same trials by memberlist's rules, for the column beside ours.
package struct BaselineBars {
    private static let loss = Probability(percent: 1)

    package struct Kill: Sendable {
        package var delays: String
        package var spreads: String
    }

    package init() {}

    private static func settled(_ count: Int, _ seed: UInt64, loss: Probability) -> BaselineWorld {
        var world = BaselineWorld(count: count, seed: seed, loss: loss)
        var random = SeededRandom(seed: seed, label: "moment")
        world.run(for: .seconds(1) + random.duration(from: .zero, through: .seconds(2)))
        return world
    }

    /// Delays from the kill to each observer, and the time between the first and the last.
    package static func kill(
        _ count: Int, seed: UInt64, loss: Probability
    ) -> (delays: [Duration], spread: Duration?) {
        var world = settled(count, seed, loss: loss)
        var random = SeededRandom(seed: seed, label: "victim")
        let victim = random.index(below: count)
        let start = world.now
        world.plan(.crash(victim), at: start)
        var known = 0
        while known < count - 1, world.now - start < .seconds(120) {
            world.run(for: .milliseconds(250))
            known = world.deaths.count { $0.member == victim }
        }
        let times = world.deaths.filter { $0.member == victim }.map(\.time)
        let spread: Duration? = times.max().flatMap { last in times.min().map { last - $0 } }
        return (times.map { $0 - start }, spread)
    }

    mutating func kill(
        _ count: Int, seeds: Range<UInt64>, progress: (String) -> Void
    ) -> Kill {
        var delays = Samples()
        var spreads = Samples()
        for seed in seeds {
            progress(
                "memberlist rules, kill, N = \(count): \(seed - seeds.lowerBound) of \(seeds.count)"
            )
            let result = Self.kill(count, seed: seed, loss: Self.loss)
            delays.add(result.delays)
            if let spread = result.spread { spreads.add(spread) }
        }
        return Kill(
            delays: "\(delays.median.text) / \(delays.percentile(99).text)",
            spreads: "\(spreads.median.text) / \(spreads.longest.text)")
    }

    mutating func rumor(_ count: Int, seeds: Range<UInt64>, progress: (String) -> Void) -> String {
        var times = Samples()
        for seed in seeds {
            progress(
                "memberlist rules, rumor, N = \(count): \(seed - seeds.lowerBound) of \(seeds.count)"
            )
            var world = Self.settled(count, seed, loss: Self.loss)
            let start = world.now
            world.update(SeededRandom.origin(seed, below: count))
            while world.updates.count < count - 1, world.now - start < .seconds(120) {
                world.run(for: .milliseconds(100))
            }
            if let last = world.updates.values.max() { times.add(last - start) }
        }
        return "\(times.median.text) / \(times.percentile(99).text)"
    }

    mutating func idle(_ count: Int, seed: UInt64) -> String {
        var world = Self.settled(count, seed, loss: .never)
        let before = world.bytesSent
        let seconds: UInt64 = 120
        world.run(for: .seconds(Int64(seconds)))
        return "\((world.bytesSent - before) / UInt64(count) / seconds) B"
    }

    /// What an ordeal does to the healthy and to those who suffer it.
    package static func ordeal(_ ordeal: Ordeal, seed: UInt64) -> Ordeal.Outcome {
        var world = settled(100, seed, loss: loss)
        let plan = ordeal.plan(count: 100, from: world.now, seed: seed, usualLoss: loss)
        for planned in plan.actions { world.plan(planned.action, at: planned.time) }
        world.run(for: Ordeal.length)
        return ordeal.outcome(of: world.deaths, sufferers: plan.sufferers)
    }
}

extension SeededRandom {
    /// Who has something to tell in the trial of this seed.
    static func origin(_ seed: UInt64, below count: Int) -> Int {
        var random = SeededRandom(seed: seed, label: "origin")
        return random.index(below: count)
    }
}
