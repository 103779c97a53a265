import MembershipCore

/// The cost of one world of a given size: the curve of cost against N.
package struct ScaleTrial: Sendable {
    /// The cost of one period of the world's time.
    package struct Stretch: Sendable {
        package var worldTime: Duration
        package var processorTime: Duration
        package var events: UInt64
        /// Sent by a node in a second of the world, on average.
        package var bytesPerNodeSecond: Int

        package var thousandthsOfRealTime: Int {
            Int(processorTime.nanoseconds * 1_000 / max(1, worldTime.nanoseconds))
        }
        /// Processor time of one event, in nanoseconds.
        package var nanosecondsPerEvent: Int {
            Int(processorTime.nanoseconds) / max(1, Int(events))
        }
    }

    package var size: Int
    /// Full views that have just been made, in bytes of this process.
    package var formedMemory: Int
    package var idle: Stretch
    package var kill: Stretch
    /// From the kill to the last observer's verdict; nil if an observer never knew.
    package var killKnown: Duration?
    /// All joins at once, for one seed; nil if it was not tried.
    package var join: Stretch?
    package var joinTook: Duration?
    package var peakMebibytes: Int

    /// - Parameter joins: whether to let all join at once as well, which is by far the most
    ///   expensive part.
    package static func measure(
        _ size: Int, seed: UInt64, options: WorldOptions, joins: Bool = false, meter: Meter
    ) -> ScaleTrial {
        let before = meter.memory()
        var formed = FormedWorlds(options: options, formsAbove: 1)
        var world = formed.run(of: size, loss: options.loss, seed: seed)
        let formedMemory = max(0, meter.memory() - before)
        formed = FormedWorlds()
        let idle = stretch(&world, meter) { $0.run(for: .seconds(10)) }
        var killKnown: Duration?
        let kill = stretch(&world, meter) { world in
            let victim = SeededRandom.origin(seed, below: size)
            let start = world.now
            world.plan(.crash(victim), at: start)
            var watch = DeathWatch()
            var known = 0
            while known < size - 1, world.now - start < Trials.patience {
                world.run(for: .milliseconds(100), observer: &watch)
                known = watch.deaths.count { $0.member == victim }
            }
            guard known >= size - 1 else { return }
            killKnown = watch.deaths.map(\.time).max().map { $0 - start }
        }
        var trial = ScaleTrial(
            size: size, formedMemory: formedMemory, idle: idle, kill: kill, killKnown: killKnown,
            peakMebibytes: 0)
        if joins { (trial.join, trial.joinTook) = join(size, seed, options, meter) }
        trial.peakMebibytes = meter.peakMemory() >> 20
        return trial
    }

    private static func stretch(
        _ world: inout World, _ meter: Meter, _ run: (inout World) -> Void
    ) -> Stretch {
        let (start, events, traffic) = (world.now, world.eventCount, world.totalTraffic)
        let begun = meter.processorTime()
        run(&world)
        return Stretch(
            worldTime: world.now - start, processorTime: meter.processorTime() - begun,
            events: world.eventCount - events,
            bytesPerNodeSecond: world.bytesPerNodeSecond(since: traffic, for: world.now - start))
    }

    private static func join(
        _ size: Int, _ seed: UInt64, _ options: WorldOptions, _ meter: Meter
    ) -> (Stretch, Duration?) {
        var world = World(seed: seed, options: options)
        world.addHosts(size)
        for host in 0..<size { world.plan(.start(host), at: .beginning) }
        var took: Duration?
        let stretch = stretch(&world, meter) { took = Trials.untilComplete(&$0) }
        return (stretch, took)
    }
}
