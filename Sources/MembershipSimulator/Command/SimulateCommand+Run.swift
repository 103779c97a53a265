import IridiumJSON
import MembershipCore

/// One run: as a timeline, and as JSON for a page.
extension SimulateCommand {
    package struct RunOptions: Sendable {
        package var nodes = 10
        package var seed: UInt64 = 1
        package var faults = ""
        /// In the world's time; nil: 30 s after the last planned action.
        package var duration: Duration?
        package var loss = Probability.never
        package var profile = Profile.lan
        package var changes = ConstantChanges()
        package var holdsLifelines = false
        /// Only the events that these hosts see; nil for all.
        package var hosts: Set<Int>?
        /// Only the events from this time on.
        package var shownFrom: Duration = .zero
        package var showsTraffic = false
        /// Whether to gather the data of a page about the run.
        package var wantsReport = false

        package init() {}

        fileprivate var world: WorldOptions {
            var options = WorldOptions(
                configuration: changes.applied(to: profile.configuration))
            if holdsLifelines { options.configuration.holdsLifelines = true }
            options.loss = loss
            options.showsTraffic = showsTraffic
            options.fidelity = nodes <= 32 ? .sealed : nodes <= 128 ? .encoded : .values
            return options
        }
    }

    /// The result of a run.
    package struct RunResult: Sendable {
        /// No rule was broken.
        package var isGood: Bool
        /// JSON, schema `RunReport.schema`; nil unless requested.
        package var report: String?
    }

    /// Interval between two samples of the traffic.
    private static let step: Duration = .milliseconds(500)

    /// Prints a timeline. All nodes start at once, except those that a fault starts; the times of
    /// `faults` count from there.
    package static func run(
        _ options: RunOptions, to output: Output
    ) throws(FaultLanguage.ParseError) -> RunResult {
        let actions = try FaultLanguage.parse(options.faults, hostCount: options.nodes)
        var world = World(seed: options.seed, options: options.world)
        world.addHosts(options.nodes, seeds: [0, 1])
        let later = startedLater(by: actions)
        for host in 0..<options.nodes where !later.contains(host) {
            world.plan(.start(host), at: .beginning)
        }
        world.plan(actions)
        let lastAction = actions.map(\.time).max() ?? .beginning
        let end = options.duration.map { .beginning + $0 } ?? lastAction + .seconds(30)
        let told = Both(
            Transcript(hosts: options.hosts, from: .beginning + options.shownFrom),
            AllCheckers(world.options))
        var watched = Both(told, options.wantsReport ? RunRecord() : nil)
        var shown = 0
        watched.second?.sample(world)
        while world.now < end {
            world.run(through: min(world.now + Self.step, end), observer: &watched)
            watched.second?.sample(world)
            let lines = watched.first.first.lines
            for line in lines[shown...] { output.line(line) }
            shown = lines.count
            output.progress(
                "seconds of the world", Int(world.now.nanoseconds / 1_000_000_000),
                Int(end.nanoseconds / 1_000_000_000))
        }
        let violations = watched.first.second.violations.map(\.description)
        let summary = summary(of: world)
        output.line("")
        for violation in violations { output.line("! " + violation) }
        for text in ConvergenceChecker.disagreements(in: world) { output.line("  " + text) }
        output.line(summary)
        let report = watched.second.map { record in
            RunReport(
                record, of: world, parameters: parameters(options, end), violations: violations,
                summary: summary)
        }
        return RunResult(isGood: violations.isEmpty, report: report?.json.line)
    }

    /// Hosts whose process begins with one of these actions.
    private static func startedLater(by actions: [PlannedAction]) -> Set<Int> {
        var later: Set<Int> = []
        var known: Set<Int> = []
        for planned in actions.sorted(by: { $0.time < $1.time }) {
            switch planned.action {
            case .start(let host): if known.insert(host).inserted { later.insert(host) }
            case .crash(let host), .abort(let host), .vanish(let host), .remove(let host),
                .restart(let host, _), .leave(let host):
                known.insert(host)
            default: break
            }
        }
        return later
    }

    private static func summary(of world: World) -> String {
        let traffic = world.totalTraffic
        return "\(world.runningHosts.count) nodes run, views "
            + (ConvergenceChecker.viewsAgree(in: world) ? "agree" : "differ")
            + "; \(world.eventCount) events, \(traffic.datagramsSent) datagrams, "
            + "\(traffic.datagramBytesSent) bytes"
    }

    private static func parameters(
        _ options: RunOptions, _ end: WorldInstant
    ) -> [(label: String, text: String)] {
        let latency = options.world.latency
        return [
            ("nodes", "\(options.nodes)"), ("seed", "\(options.seed)"),
            ("profile", options.profile.rawValue),
            ("links", "\(latency.shortest.shortText) to \(latency.longest.shortText)"),
            ("loss", options.loss.text), ("length", (end - .beginning).shortText),
            ("faults", options.faults.isEmpty ? "none" : options.faults),
        ] + options.changes.texts.map { ("set", $0) }
    }
}
