import MembershipCore
import MembershipWire

/// One experiment in one world, with its result. Each is a function of a formed world and a seed;
/// `Bars` repeats them over many seeds.
package enum Trials {
    /// A process is killed.
    package struct Kill: Sendable {
        /// From the kill to each observer's verdict.
        package var delays: [Duration] = []
        /// The time between the first observer's verdict and the last one's.
        package var spread: Duration?
        /// Observers without a verdict within `patience`.
        package var missing = 0
        /// Verdicts about members that ran.
        package var falseDeaths = 0
        package var bytesPerNodeSecond = 0

        package init() {}
    }

    /// Nothing happens to a cluster.
    package struct Calm: Sendable {
        package var bytesPerNodeSecond = 0
        package var datagramsPerNodeMinute = 0
        /// Verdicts, all of them wrong.
        package var deaths = 0

        package init(bytesPerNodeSecond: Int, datagramsPerNodeMinute: Int, deaths: Int) {
            self.bytesPerNodeSecond = bytesPerNodeSecond
            self.datagramsPerNodeMinute = datagramsPerNodeMinute
            self.deaths = deaths
        }
    }

    /// The times at which all other members have heard of an event.
    package struct Spread: Sendable {
        /// From the event to each member; in the order of hosts, without those that never heard.
        package var delays: [Duration]
        package var missing: Int

        /// To the last member; nil if a member never heard.
        package var last: Duration? { missing == 0 ? delays.max() : nil }
    }

    package static let patience: Duration = .seconds(60)

    package static func kill(in formed: World, seed: UInt64) -> Kill {
        var world = formed
        var random = SeededRandom(seed: seed, label: "victim")
        let victim = random.index(below: world.hosts.count)
        let before = world.totalTraffic
        let start = world.now
        world.plan(.crash(victim), at: start)
        var watch = DeathWatch()
        let survivors = world.hosts.count - 1
        var known = 0
        while known < survivors, world.now - start < patience {
            world.run(for: .milliseconds(100), observer: &watch)
            known = watch.deaths.count { $0.member == victim }
        }
        var kill = Kill()
        let times = watch.deaths.filter { $0.member == victim }.map(\.time)
        kill.delays = times.map { $0 - start }
        if let first = times.min(), let last = times.max() { kill.spread = last - first }
        kill.missing =
            survivors - Set(watch.deaths.filter { $0.member == victim }.map(\.observer)).count
        kill.falseDeaths = watch.deaths.count { $0.member != victim }
        kill.bytesPerNodeSecond = world.bytesPerNodeSecond(since: before, for: world.now - start)
        return kill
    }

    /// The time until all other members have heard of an update, a message, a leave or a join.
    package static func spread(_ action: Action, of origin: Int, in formed: World) -> Spread {
        var world = formed
        let start = world.now
        world.plan(action, at: start)
        let subject: Arrivals.Subject =
            switch action {
            case .broadcast(_, let type, _): .message(type: type)
            case .leave: .change(.left, of: origin)
            case .start: .change(.joined, of: origin)
            default: .change(.updated, of: origin)
            }
        var arrivals = Arrivals(of: subject)
        let others = world.runningHosts.filter { $0 != origin }
        while !others.allSatisfy({ arrivals.times[$0] != nil }), world.now - start < .seconds(20) {
            world.run(for: .milliseconds(20), observer: &arrivals)
        }
        let delays = others.compactMap { arrivals.times[$0].map { $0 - start } }
        return Spread(delays: delays, missing: others.count - delays.count)
    }

    /// The cost of a period without events.
    package static func calm(in formed: World, for duration: Duration) -> Calm {
        var world = formed
        let before = world.totalTraffic
        var watch = DeathWatch()
        world.run(for: duration, observer: &watch)
        let sent = (world.totalTraffic - before).datagramsSent
        let nodes = UInt64(max(1, world.runningHosts.count))
        return Calm(
            bytesPerNodeSecond: world.bytesPerNodeSecond(since: before, for: duration),
            datagramsPerNodeMinute: Int(
                sent * 60_000 / nodes / UInt64(max(1, duration.milliseconds))),
            deaths: watch.deaths.count)
    }

    /// All start at once and know one seed. The time until all views are equal and complete.
    package static func joinAll(
        _ count: Int, seed: UInt64, options: WorldOptions = WorldOptions()
    ) -> Duration? {
        var world = World(seed: seed, options: options)
        world.addHosts(count)
        for host in 0..<count { world.plan(.start(host), at: .beginning) }
        return untilComplete(&world)
    }

    /// The time until every member knows every other, at most a minute.
    static func untilComplete(_ world: inout World) -> Duration? {
        let count = world.hosts.count
        var nobody = Nobody()
        world.run(for: .milliseconds(5))
        let took = world.run(
            atMost: .seconds(60), lookingEvery: .milliseconds(20), observer: &nobody,
            until: { world in
                world.hosts[count - 1].node?.viewDigest.members == UInt32(count)
                    && ConvergenceChecker.viewsAgree(in: world)
            })
        return took.map { $0 + .milliseconds(5) }
    }

    /// Two halves cannot hear each other for a minute. The time from the end of that until all
    /// views are equal and complete again.
    package static func healSplit(
        in formed: World, seed: UInt64, lasting: Duration = .seconds(60)
    ) -> Duration? {
        var world = formed
        var random = SeededRandom(seed: seed, label: "split")
        let count = world.hosts.count
        let half = random.sample(count / 2, of: Array(0..<count)).sorted()
        world.plan(.cut(inside: half, isOneWay: false, name: 1), at: world.now)
        world.run(for: lasting)
        world.plan(.heal(name: 1), at: world.now)
        world.run(for: .nanoseconds(1))
        var nobody = Nobody()
        return world.run(
            atMost: .seconds(120), lookingEvery: .milliseconds(20), observer: &nobody,
            until: { world in
                world.hosts.allSatisfy { $0.node?.viewDigest.members == UInt32(count) }
                    && ConvergenceChecker.viewsAgree(in: world)
            })
    }
}

extension World {
    package var totalTraffic: Traffic {
        hosts.reduce(into: Traffic()) { $0 += $1.traffic }
    }

    /// Datagrams and streams, headers included.
    func bytesPerNodeSecond(since before: Traffic, for duration: Duration) -> Int {
        let sent = totalTraffic - before
        let bytes = sent.datagramBytesSent + sent.streamBytesSent
        let nodes = UInt64(max(1, runningHosts.count))
        return Int(bytes / nodes * 1_000 / UInt64(max(1, duration.milliseconds)))
    }
}

extension SeededRandom {
    /// The host with news in the trial of this seed.
    package static func origin(_ seed: UInt64, below count: Int) -> Int {
        var random = SeededRandom(seed: seed, label: "origin")
        return random.index(below: count)
    }
}
