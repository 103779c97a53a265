import MembershipCore

/// Predicts what real processes on one machine should show: the same core, on links of 50 µs that
/// lose nothing. Compared with a measurement, it separates the protocol from the code around it.
package struct Prediction: Sendable {
    package struct Options: Sendable {
        package var nodes = 32
        package var seeds = 100
        package var firstSeed: UInt64 = 1
        package var workers = 1
        package var profile = SimulateCommand.Profile.lan
        package var changes = ConstantChanges()

        package init() {}
    }

    /// One kind of event: the time from it to the last member that hears of it.
    package struct Row: Sendable {
        package var name: String
        package var times: Samples
        package var missing: Int
    }

    /// The results of one seed.
    private struct Run: Sendable {
        var kill: Duration?
        var update: Duration?
        var message: Duration?
        var leave: Duration?
        var join: Duration?
        var calm: Trials.Calm
    }

    package private(set) var rows: [Row]
    package private(set) var datagramsPerNodeMinute: Int
    package private(set) var bytesPerNodeSecond: Int

    package init(_ options: Options, progress: @escaping Bars.Progress) async {
        var world = WorldOptions(
            configuration: options.changes.applied(to: options.profile.configuration))
        world.latency = .loopback
        var pool = SeedPool(workers: options.workers, options: world)
        let (nodes, count) = (options.nodes, options.seeds)
        let range = options.firstSeed..<(options.firstSeed + UInt64(max(1, count)))
        progress("prediction", 0, count)
        let runs = await pool.map(range, progress: { progress("prediction", $0, count) }) {
            Self.run(nodes, in: &$0, seed: $1)
        }
        rows = [
            ("kill known to all", \Run.kill), ("update known to all", \.update),
            ("user message at all", \.message), ("leave known to all", \.leave),
            ("one more join, known to all", \.join),
        ].map { name, path in
            let times = Samples(runs.compactMap { $0[keyPath: path] })
            return Row(name: name, times: times, missing: runs.count - times.count)
        }
        let calms = runs.map(\.calm)
        bytesPerNodeSecond = calms.meanBytes
        datagramsPerNodeMinute =
            calms.reduce(0) { $0 + $1.datagramsPerNodeMinute } / max(1, calms.count)
    }

    private static func run(_ nodes: Int, in formed: inout FormedWorlds, seed: UInt64) -> Run {
        let world = formed.run(of: nodes, seed: seed)
        let origin = SeededRandom.origin(seed, below: nodes)
        let kill = Trials.kill(in: world, seed: seed)
        var smaller = formed.run(of: nodes - 1, seed: seed)
        let newcomer = smaller.addHost(seeds: [0, 1])
        return Run(
            kill: kill.missing == 0 ? kill.delays.max() : nil,
            update: Trials.spread(.setMetadata(origin, [7]), of: origin, in: world).last,
            message: Trials.spread(.broadcast(origin, type: 1, payload: [7]), of: origin, in: world)
                .last,
            leave: Trials.spread(.leave(origin), of: origin, in: world).last,
            join: Trials.spread(.start(newcomer), of: newcomer, in: smaller).last,
            calm: Trials.calm(in: world, for: .seconds(60)))
    }
}
