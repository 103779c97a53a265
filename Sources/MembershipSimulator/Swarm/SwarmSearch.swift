import MembershipWire

/// A search through many swarm seeds on all cores, a batch at a time.
///
/// Only failures are kept, so a hundred thousand seeds need no more memory than a thousand. The
/// failures come in the order of seeds, each shrunk as far as possible.
package struct SwarmSearch: Sendable {
    package let firstSeed: UInt64
    package let count: Int
    private let holdsLifelines: Bool
    private let publishesState: Bool
    package private(set) var done = 0
    package private(set) var failures = 0
    private var events: UInt64 = 0
    /// The fingerprint of all runs so far, in the order of their seeds.
    package private(set) var fingerprint = Fingerprint()
    private var slowest: (seed: UInt64, time: Duration)
    private var pool: SeedPool
    private let changes: ConstantChanges

    /// The number of seeds tried before the failures among them are shown.
    private static let stretch = 1_000

    package init(
        firstSeed: UInt64, count: Int, workers: Int, holdsLifelines: Bool = false,
        publishesState: Bool = false, _ changes: ConstantChanges = ConstantChanges()
    ) {
        self.changes = changes
        self.holdsLifelines = holdsLifelines
        self.publishesState = publishesState
        self.firstSeed = firstSeed
        self.count = max(0, count)
        slowest = (firstSeed, .zero)
        pool = SeedPool(workers: workers)
    }

    package var isDone: Bool { done >= count }

    /// The kept part of a world that broke no rule, and of one that did.
    private struct Result: Sendable {
        var events: UInt64
        var fingerprint: UInt64
        var convergence: Duration?
        var failing: Swarm.Outcome?
    }

    /// Tries the next thousand seeds. Returns the failing ones, shrunk.
    package mutating func goOn(progress: @escaping Bars.Progress) async -> [Swarm.Outcome] {
        let start = firstSeed &+ UInt64(done)
        let range = start..<(start + UInt64(min(Self.stretch, count - done)))
        let (before, total, changes) = (done, count, changes)
        let (holdsLifelines, publishesState) = (holdsLifelines, publishesState)
        progress("swarm", before, total)
        let results = await pool.map(
            range,
            progress: { if $0.isMultiple(of: 50) { progress("swarm", before + $0, total) } },
            { _, seed in
                let outcome = Swarm.run(
                    SwarmPlan(
                        seed: seed, holdsLifelines: holdsLifelines, publishesState: publishesState
                    ).with(changes))
                return Result(
                    events: outcome.eventCount, fingerprint: outcome.fingerprint.value,
                    convergence: outcome.convergence,
                    failing: outcome.isGood ? nil : Swarm.shrink(outcome))
            })
        for (seed, result) in zip(range, results) {
            events += result.events
            fingerprint.add(result.fingerprint)
            if let time = result.convergence, time > slowest.time { slowest = (seed, time) }
        }
        done += range.count
        let failing = results.compactMap(\.failing)
        failures += failing.count
        return failing
    }

    package var summary: String {
        "\(done) seeds from \(firstSeed), \(events) events: "
            + (failures == 0 ? "no rule broken" : "\(failures) broke a rule")
            + "; slowest agreement \(slowest.time.shortText) after the trouble (seed \(slowest.seed))"
            + "; fingerprint \(hexadecimal(fingerprint.value, digits: 16))"
    }
}
