import MembershipCore

/// Measures the promises of the protocol: one row for each promise, over many seeds.
///
/// All runs have links of 2 ± 1 ms and 1 % loss unless the row says otherwise. The time of a kill
/// runs from the end of the process to the verdict of each observer. Another system's rules can
/// go through the same trials with the same seeds. The seeds decide the rows, except those that
/// measure this machine (`pace`, `scale`).
package struct Bars {
    package struct Options: Sendable {
        package var seeds = 200
        package var firstSeed: UInt64 = 1
        package var bars = Bar.all
        /// Another system in the column beside ours; nil: no such column.
        package var peer: PeerTrials?
        /// Trials that run at once.
        package var workers = 1
        /// Without a meter, rows about this machine are left out.
        package var meter: Meter?
        package var changes = ConstantChanges()

        package init() {}
    }

    /// The progress of a measurement: its name, the number of finished runs, and of all runs. Any
    /// thread may call it.
    package typealias Progress = @Sendable (String, Int, Int) -> Void

    let options: Options
    let progress: Progress
    private var pools: [Variant: SeedPool] = [:]
    static let loss = Probability(percent: 1)

    package init(_ options: Options, progress: @escaping Progress) {
        self.options = options
        self.progress = progress
    }

    /// Measures every bar, and shows each row as soon as it is known.
    package mutating func measure(_ show: (BarRow) -> Void = { _ in }) async -> [BarRow] {
        var rows: [BarRow] = []
        for bar in options.bars {
            let more = await measure(bar)
            for row in more { show(row) }
            rows += more
        }
        return rows
    }

    private mutating func measure(_ bar: Bar) async -> [BarRow] {
        switch bar {
        case .kill(let size): await killRows(bar, size)
        case .rumor(let size): await rumorRows(bar, size)
        case .ordeal(let ordeal): await ordealRows(bar, ordeal)
        case .idle(let size): await idleRows(bar, size)
        case .join(let size): await joinRows(bar, size)
        case .split: await splitRows(bar)
        case .heavyLoss: await heavyLossRows(bar)
        case .sudden(let kind): await suddenRows(bar, kind)
        case .pace: paceRows(bar)
        case .scale: scaleRows(bar)
        }
    }

    /// One result for each seed.
    mutating func overSeeds<Result: Sendable>(
        _ bar: Bar, _ title: String, in variant: Variant = .usual,
        _ trial: @escaping @Sendable (inout FormedWorlds, UInt64) -> Result
    ) async -> [Result] {
        let count = bar.runs(of: options.seeds)
        let range = options.firstSeed..<(options.firstSeed + UInt64(max(1, count)))
        let progress = self.progress
        progress(title, 0, count)
        var pool =
            pools[variant]
            ?? SeedPool(workers: options.workers, options: variant.options(options.changes))
        defer { pools[variant] = pool }
        return await pool.map(range, progress: { progress(title, $0, count) }, trial)
    }

    /// The same by the peer's rules; nil without a peer.
    mutating func overPeerSeeds<Result: Sendable>(
        _ bar: Bar, _ title: String, _ trial: @escaping @Sendable (PeerTrials, UInt64) -> Result
    ) async -> [Result]? {
        guard let peer = options.peer else { return nil }
        return await overSeeds(bar, "\(title), \(peer.name)") { _, seed in trial(peer, seed) }
    }
}

extension BarRow {
    /// `0.05 a run`.
    static func rate(_ count: Int, in runs: Int) -> String {
        let hundredths = count * 100 / max(1, runs)
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) a run"
    }

    /// `2.62 s / 3.02 s`, and the number of missing values.
    static func pair(_ first: Duration?, _ second: Duration?, missing: Int = 0) -> String {
        "\(first.text) / \(second.text)" + (missing > 0 ? ", \(missing) never" : "")
    }
}
