import MemberlistRules
import MembershipCore
import MembershipSimulator
import MembershipWire
import Synchronization
import Testing

@Suite struct MeasurementTests {
    @Test func `percentiles are values that were measured`() {
        let samples = Samples((1...200).map { .milliseconds($0) })
        #expect(samples.median == .milliseconds(100))
        #expect(samples.percentile(99) == .milliseconds(198))
        #expect(samples.percentile(100) == .milliseconds(200))
        #expect(samples.longest == .milliseconds(200))
        let none = Samples()
        #expect(none.median == nil)
    }

    @Test func `a killed member is dead to all within the bar`() {
        var formed = FormedWorlds()
        for seed in 1...5 as ClosedRange<UInt64> {
            let world = formed.run(of: 10, seed: seed)
            let kill = Trials.kill(in: world, seed: seed)
            #expect(kill.delays.count == 9)
            #expect(kill.missing == 0)
            #expect(kill.falseDeaths == 0)
            #expect(kill.delays.allSatisfy { $0 <= .milliseconds(3_500) }, "seed \(seed)")
        }
    }

    @Test func `memberlist's rules take as long as memberlist says of itself`() throws {
        // Published: 9.86 s at the median, N = 100, 1 % loss.
        var delays = Samples()
        for seed in 1...3 as ClosedRange<UInt64> {
            delays.add(
                PeerTrials.memberlist.kill(100, seed, Probability(percent: 1)).delays)
        }
        let median = try #require(delays.median)
        #expect(median > .milliseconds(9_000) && median < .milliseconds(10_800))
    }

    @Test func `the same trial of the same seed gives the same figures`() {
        var formed = FormedWorlds()
        let world = formed.run(of: 10, loss: Probability(percent: 5), seed: 4)
        let first = Trials.kill(in: world, seed: 4)
        let second = Trials.kill(in: world, seed: 4)
        #expect(first.delays == second.delays)
        #expect(first.bytesPerNodeSecond == second.bytesPerNodeSecond)
        #expect(Trials.joinAll(8, seed: 2) == Trials.joinAll(8, seed: 2))
    }

    @Test func `runs that share their past go on by chances of their own, the nodes' too`() {
        var options = WorldOptions()
        options.showsTraffic = true
        var formed = FormedWorlds(options: options)
        var waves: Set<Set<Int>> = []
        for seed in 1...4 as ClosedRange<UInt64> {
            var world = formed.run(of: 30, seed: seed)
            world.plan(.setMetadata(3, [7]), at: world.now)
            var wave = GossipTargets(of: 3)
            world.run(for: .milliseconds(4), observer: &wave)
            #expect(wave.targets.count == 6)
            waves.insert(wave.targets)
        }
        #expect(waves.count == 4)
    }

    @Test func `a table shows each bar with its verdict`() {
        let rows = [
            BarRow("a", "speed", bar: "2 s", measured: "1 s", runs: 3, passes: true),
            BarRow("b", "size", bar: "10", measured: "11", runs: 3, passes: false),
        ]
        #expect(
            BarRow.table(rows).split(separator: "\n").map(String.init) == [
                "          bar  measured  runs",
                "a  speed  2 s  1 s       3     PASS",
                "b  size   10   11        3     FALLS SHORT",
            ])
        #expect(
            BarRow.table(rows, peer: "other").split(separator: "\n").first
                == "          bar  measured  other  runs")
    }

    @Test func `a row does not depend on how many work at it`() async {
        func rows(workers: Int) async -> [String] {
            var options = Bars.Options()
            options.seeds = 5
            options.workers = workers
            options.peer = .memberlist
            options.bars = [.kill(10), .idle(10)]
            var bars = Bars(options) { _, _, _ in }
            return await bars.measure().map { "\($0.name) \($0.measured) \($0.peer)" }
        }
        let alone = await rows(workers: 1)
        #expect(alone.count == 2)
        #expect(await rows(workers: 3) == alone)
    }

    @Test func `results stand in the order of seeds, whoever was quicker`() async {
        var pool = SeedPool(workers: 4)
        let squares = await pool.map(3..<40) { _, seed in seed * seed }
        #expect(squares == (3..<40).map { $0 * $0 })
        #expect(await pool.map(0..<1) { _, seed in seed } == [0])
    }

    @Test func `a bar is named alone or with its kind`() {
        #expect(Bar.named("kill-100") == [.kill(100)])
        #expect(Bar.named("kill") == [.kill(10), .kill(100), .kill(1_000)])
        #expect(Bar.named("loss") == [.heavyLoss])
        #expect(Bar.named("ki").isEmpty)
        #expect(Set(Bar.all.map(\.id)).count == Bar.all.count)
    }

    @Test func `a prediction has a time for each kind of event`() async {
        var options = Prediction.Options()
        options.nodes = 6
        options.seeds = 2
        let prediction = await Prediction(options) { _, _, _ in }
        #expect(prediction.rows.count == 5)
        #expect(prediction.rows.allSatisfy { $0.missing == 0 && $0.times.count == 2 })
        #expect(prediction.bytesPerNodeSecond > 0)
    }

    @Test func `members that start with their view cost what they do and notice a kill`() {
        let none = Meter(processorTime: { .zero }, peakMemory: { 0 }, memory: { 0 })
        let trial = ScaleTrial.measure(
            20, seed: 1, options: WorldOptions(), joins: true, meter: none)
        #expect(trial.killKnown != nil)
        #expect(trial.joinTook != nil)
        #expect(trial.idle.bytesPerNodeSecond > 0)
    }

    @Test func `a timeline ends with what became of it`() throws {
        var options = SimulateCommand.RunOptions()
        options.nodes = 3
        options.faults = "5s kill n2"
        options.duration = .seconds(15)
        let shown = Lines()
        let result = try SimulateCommand.run(
            options, to: SimulateCommand.Output(line: { shown.add($0) }))
        let lines = shown.all
        #expect(result.isGood)
        #expect(result.report == nil)
        #expect(lines.contains { $0.contains("crash n2") })
        #expect(lines.count { $0.contains("declares dead n2") } == 2)
        #expect(lines.last?.hasPrefix("2 nodes run, views agree") == true)
    }
}

/// Lines that a command prints.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// Whom one host sends gossip.
private struct GossipTargets: WorldObserver, Sendable {
    private let sender: Int
    private(set) var targets: Set<Int> = []

    init(of sender: Int) { self.sender = sender }

    mutating func observe(_ event: WorldEvent, at time: WorldInstant, in world: World) {
        guard case .sent(sender, let receiver?, let datagram) = event,
            case .gossip = datagram.body
        else { return }
        targets.insert(receiver)
    }
}
