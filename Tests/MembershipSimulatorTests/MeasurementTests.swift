import MembershipSimulator
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
                BaselineBars.kill(100, seed: seed, loss: Probability(percent: 1)).delays)
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

    @Test func `a table shows each bar with its verdict`() {
        let rows = [
            BarRow("speed", bar: "2 s", measured: "1 s", runs: 3, passes: true),
            BarRow("size", bar: "10", measured: "11", runs: 3, passes: false),
        ]
        #expect(
            BarRow.table(rows).split(separator: "\n").map(String.init) == [
                "       bar  measured  memberlist rules  runs",
                "speed  2 s  1 s                         3     PASS",
                "size   10   11                          3     FALLS SHORT",
            ])
    }

    @Test func `a timeline ends with what became of it`() throws {
        var options = SimulateCommand.RunOptions()
        options.nodes = 3
        options.faults = "5s kill n2"
        options.duration = .seconds(15)
        var lines: [String] = []
        let isGood = try SimulateCommand.run(
            options, to: SimulateCommand.Output(line: { lines.append($0) }))
        #expect(isGood)
        #expect(lines.contains { $0.contains("crash n2") })
        #expect(lines.count { $0.contains("declares dead n2") } == 2)
        #expect(lines.last?.hasPrefix("2 nodes run, views agree") == true)
    }
}
