package import MembershipCore

/// The work of `iridium simulate`, without its arguments and its terminal. Text goes to a sink line
/// by line, and progress to another one. Each function returns whether everything was right.
package enum SimulateCommand {
    /// The sinks for lines. Several threads call `progress` at once.
    package struct Output: Sendable {
        package var line: @Sendable (String) -> Void
        package var progress: Bars.Progress

        package init(
            line: @escaping @Sendable (String) -> Void,
            progress: @escaping Bars.Progress = { _, _, _ in }
        ) {
            self.line = line
            self.progress = progress
        }
    }

    /// The table of promises: each row goes to `each` as soon as it is known, or all rows as text
    /// at the end.
    package static func bars(
        _ options: Bars.Options, to output: Output, each: ((BarRow) -> Void)? = nil
    ) async -> [BarRow] {
        var bars = Bars(options, progress: output.progress)
        let rows = await bars.measure { each?($0) }
        guard each == nil else { return rows }
        for line in BarRow.table(rows, peer: options.peer?.name).split(separator: "\n") {
            output.line(String(line))
        }
        let short = rows.count { $0.verdict == .fallsShort }
        let last = options.firstSeed &+ UInt64(max(1, options.seeds)) &- 1
        output.line("")
        output.line(
            "\(rows.count - short) of \(rows.count) bars met; links of 2 ms \u{B1} 1 ms, 1 % loss, "
                + "seeds \(options.firstSeed) to \(last), or as many of them as 'runs' says")
        return rows
    }

    /// The presets of the protocol.
    package enum Profile: String, CaseIterable, Sendable {
        case lan, wan, local

        package var configuration: CoreConfiguration {
            switch self {
            case .lan: .lan
            case .wan: .wan
            case .local: .local
            }
        }
    }

    /// Random worlds with random faults. Prints each failing plan, shrunk.
    package static func swarm(
        firstSeed: UInt64, count: Int, workers: Int, holdsLifelines: Bool = false,
        publishesState: Bool = false, _ changes: ConstantChanges, to output: Output
    ) async -> Bool {
        var search = SwarmSearch(
            firstSeed: firstSeed, count: count, workers: workers, holdsLifelines: holdsLifelines,
            publishesState: publishesState, changes)
        while !search.isDone {
            for failing in await search.goOn(progress: output.progress) {
                output.line(Swarm.report(failing))
            }
        }
        output.line(search.summary)
        return search.failures == 0
    }

    /// The timeline of one swarm seed, shrunk if it fails.
    package static func replay(
        _ seed: UInt64, showsTraffic: Bool, holdsLifelines: Bool = false,
        publishesState: Bool = false, _ changes: ConstantChanges, to output: Output
    ) -> Bool {
        var outcome = Swarm.run(
            SwarmPlan(seed: seed, holdsLifelines: holdsLifelines, publishesState: publishesState)
                .with(changes))
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
