import MembershipCore
package import MembershipSimulator

/// The same trials by memberlist's rules, for the column beside ours.
enum BaselineTrials {
    private static func settled(_ count: Int, _ seed: UInt64, loss: Probability) -> BaselineWorld {
        var world = BaselineWorld(count: count, seed: seed, loss: loss)
        var random = SeededRandom(seed: seed, label: "moment")
        world.run(for: .seconds(1) + random.duration(from: .zero, through: .seconds(2)))
        return world
    }

    /// A process is killed.
    static func kill(_ count: Int, seed: UInt64, loss: Probability) -> Trials.Kill {
        var world = settled(count, seed, loss: loss)
        var random = SeededRandom(seed: seed, label: "victim")
        let victim = random.index(below: count)
        let start = world.now
        let earlier = world.deaths.count
        world.plan(.crash(victim), at: start)
        var known = 0
        while known < count - 1, world.now - start < .seconds(120) {
            world.run(for: .milliseconds(250))
            known = world.deaths.count { $0.member == victim }
        }
        let deaths = world.deaths[earlier...].filter { $0.member == victim }
        let times = deaths.map(\.time)
        var kill = Trials.Kill()
        kill.delays = times.map { $0 - start }
        if let first = times.min(), let last = times.max() { kill.spread = last - first }
        kill.missing = count - 1 - Set(deaths.map(\.observer)).count
        kill.falseDeaths = world.deaths.count - earlier - deaths.count
        return kill
    }

    /// How long until all have heard that a member has something new to tell; nil if never.
    static func rumor(_ count: Int, seed: UInt64, loss: Probability) -> Duration? {
        var world = settled(count, seed, loss: loss)
        let start = world.now
        world.update(SeededRandom.origin(seed, below: count))
        while world.updates.count < count - 1, world.now - start < .seconds(120) {
            world.run(for: .milliseconds(100))
        }
        guard world.updates.count == count - 1 else { return nil }
        return world.updates.values.max().map { $0 - start }
    }

    /// What a while without any event costs.
    static func calm(
        _ count: Int, seed: UInt64, loss: Probability, for duration: Duration
    ) -> Trials.Calm {
        var world = settled(count, seed, loss: loss)
        let (bytes, deaths) = (world.bytesSent, world.deaths.count)
        world.run(for: duration)
        let milliseconds = UInt64(max(1, duration.milliseconds))
        return Trials.Calm(
            bytesPerNodeSecond: Int(
                (world.bytesSent - bytes) * 1_000 / UInt64(max(1, count)) / milliseconds),
            datagramsPerNodeMinute: 0, deaths: world.deaths.count - deaths)
    }

    /// What an ordeal does to the healthy and to those who suffer it.
    static func ordeal(
        _ ordeal: Ordeal, seed: UInt64, loss: Probability
    ) -> Ordeal.Outcome {
        var world = settled(100, seed, loss: loss)
        let plan = ordeal.plan(count: 100, from: world.now, seed: seed, usualLoss: loss)
        for planned in plan.actions { world.plan(planned.action, at: planned.time) }
        world.run(for: Ordeal.length)
        return ordeal.outcome(of: world.deaths, sufferers: plan.sufferers)
    }
}

extension PeerTrials {
    /// Memberlist's rules, LAN preset.
    package static let memberlist = PeerTrials(
        name: "memberlist rules",
        kill: { BaselineTrials.kill($0, seed: $1, loss: $2) },
        rumor: { BaselineTrials.rumor($0, seed: $1, loss: $2) },
        calm: { BaselineTrials.calm($0, seed: $1, loss: $2, for: $3) },
        ordeal: { BaselineTrials.ordeal($0, seed: $1, loss: $2) })
}
