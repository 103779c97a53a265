import MembershipCore

/// What `iridium simulate` does, without its arguments and its terminal: text goes to a sink line by
/// line, and progress to another one. Each returns whether all was well.
package enum SimulateCommand {
    /// Where the lines go.
    package struct Output {
        package var line: (String) -> Void
        package var progress: (String) -> Void

        package init(
            line: @escaping (String) -> Void, progress: @escaping (String) -> Void = { _ in }
        ) {
            self.line = line
            self.progress = progress
        }
    }

    /// The table of promises.
    package static func bars(_ options: Bars.Options, to output: Output) -> Bool {
        var bars = Bars(options, progress: output.progress)
        let rows = bars.measure()
        for line in BarRow.table(rows).split(separator: "\n") { output.line(String(line)) }
        let short = rows.count { $0.verdict == .fallsShort }
        output.line("")
        output.line(
            "\(rows.count - short) of \(rows.count) bars met; links of 2 ms \u{B1} 1 ms, 1 % loss, "
                + "seeds \(options.firstSeed) to \(options.firstSeed + UInt64(max(1, options.seeds)) - 1)"
        )
        return short == 0
    }

    /// The presets of the protocol.
    package enum Profile: String, Sendable {
        case lan, wan, local

        var configuration: CoreConfiguration {
            switch self {
            case .lan: .lan
            case .wan: .wan
            case .local: .local
            }
        }
    }

    package struct RunOptions: Sendable {
        package var nodes = 10
        package var seed: UInt64 = 1
        package var faults = ""
        /// In the world's time; nil: 30 s after the last planned action.
        package var duration: Duration?
        package var loss = Probability.never
        package var profile = Profile.lan
        /// Only what these see; nil for all.
        package var hosts: Set<Int>?
        package var showsTraffic = false

        package init() {}
    }

    /// A timeline. All nodes start at once; `faults` counts from there.
    package static func run(
        _ options: RunOptions, to output: Output
    ) throws(FaultLanguage.ParseError) -> Bool {
        let actions = try FaultLanguage.parse(options.faults, hostCount: options.nodes)
        var worldOptions = WorldOptions(configuration: options.profile.configuration)
        worldOptions.loss = options.loss
        worldOptions.showsTraffic = options.showsTraffic
        worldOptions.fidelity =
            options.nodes <= 32 ? .sealed : options.nodes <= 128 ? .encoded : .values
        var world = World(seed: options.seed, options: worldOptions)
        world.addHosts(options.nodes, seeds: [0, 1])
        for host in 0..<options.nodes { world.plan(.start(host), at: .beginning) }
        world.plan(actions)
        let lastAction = actions.map(\.time).max() ?? .beginning
        let end = options.duration.map { .beginning + $0 } ?? lastAction + .seconds(30)
        var transcript = Transcript(hosts: options.hosts)
        var watched = Both(transcript, AllCheckers(worldOptions))
        var shown = 0
        while world.now < end {
            world.run(through: min(world.now + .seconds(1), end), observer: &watched)
            transcript = watched.first
            for line in transcript.lines[shown...] { output.line(line) }
            shown = transcript.lines.count
            output.progress("\(world.now.text) of \(end.text)")
        }
        return summarise(world, watched.second.violations, to: output)
    }

    private static func summarise(
        _ world: World, _ violations: [Violation], to output: Output
    ) -> Bool {
        output.line("")
        for violation in violations { output.line("! " + violation.description) }
        let wrong = ConvergenceChecker.disagreements(in: world)
        for text in wrong { output.line("  " + text) }
        let traffic = world.totalTraffic
        output.line(
            "\(world.runningHosts.count) nodes run, views "
                + (ConvergenceChecker.viewsAgree(in: world) ? "agree" : "differ")
                + "; \(world.eventCount) events, \(traffic.datagramsSent) datagrams, "
                + "\(traffic.datagramBytesSent) bytes")
        return violations.isEmpty
    }

    /// Random worlds with random trouble. Prints each failing plan, shrunk.
    package static func swarm(
        firstSeed: UInt64, count: Int, to output: Output
    ) -> Bool {
        var failures = 0
        var slowest: (seed: UInt64, time: Duration) = (firstSeed, .zero)
        var events: UInt64 = 0
        for number in 0..<max(0, count) {
            let seed = firstSeed &+ UInt64(number)
            if number % 100 == 0 { output.progress("swarm: \(number) of \(count)") }
            let outcome = Swarm.run(SwarmPlan(seed: seed))
            events += outcome.eventCount
            if let time = outcome.convergence, time > slowest.time { slowest = (seed, time) }
            guard !outcome.isGood else { continue }
            failures += 1
            output.line(Swarm.report(Swarm.shrink(outcome)))
        }
        output.line(
            "\(count) seeds from \(firstSeed), \(events) events: "
                + (failures == 0 ? "no rule broken" : "\(failures) broke a rule")
                + "; slowest agreement \(slowest.time.shortText) after the trouble (seed \(slowest.seed))"
        )
        return failures == 0
    }

    /// The timeline of one swarm seed, shrunk if it fails.
    package static func replay(_ seed: UInt64, showsTraffic: Bool, to output: Output) -> Bool {
        var outcome = Swarm.run(SwarmPlan(seed: seed))
        if !outcome.isGood { outcome = Swarm.shrink(outcome) }
        var plan = outcome.plan
        plan.options.showsTraffic = showsTraffic
        var transcript = Transcript()
        outcome = Swarm.run(plan, observer: &transcript)
        for line in transcript.lines { output.line(line) }
        output.line(Swarm.report(outcome))
        return outcome.isGood
    }
}
