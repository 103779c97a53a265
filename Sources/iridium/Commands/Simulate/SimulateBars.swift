import ArgumentParser
import IridiumJSON
import IridiumNode
import MembershipSimulator

/// `iridium simulate bars`.
struct SimulateBars: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bars",
        abstract: "Measure what the protocol promises.",
        discussion: """
            Exits with 1 if a promise is not kept. 200 seeds take about ten minutes on two cores. \
            The rows for --only: \(Bar.all.map(\.id).joined(separator: " ")); the first \
            part of a name, such as kill, selects all rows that begin with it.
            """)

    @Option(help: "How many seeds; rows in which 1000 nodes join use a fortieth of them.")
    var seeds = 200
    @Option(help: "The first seed.") var firstSeed: UInt64 = 1
    @Option(help: ArgumentHelp("Measure only this row; commas separate several.", valueName: "row"))
    var only: String?
    @Option(help: "Worlds that run at once.") var workers = ThisMachine.processors
    @Flag(help: "One JSON object for each row.") var json = false
    @OptionGroup var constants: ConstantOptions

    func run() async throws {
        var options = Bars.Options()
        guard (1...1_000_000).contains(seeds) else {
            throw ValidationError("--seeds takes 1 to 1000000")
        }
        try Simulate.checkWorkers(workers)
        options.seeds = seeds
        options.firstSeed = min(firstSeed, UInt64.max / 2)
        options.workers = workers
        options.meter = ThisMachine.meter
        options.changes = try constants.changes(for: [.lan])
        if let only { options.bars = try Self.bars(only) }
        let rows = await SimulateCommand.bars(
            options, to: Simulate.output,
            each: json ? { Simulate.output.line($0.json.line) } : nil)
        try Simulate.finish(!rows.contains { $0.verdict == .fallsShort })
    }

    private static func bars(_ names: String) throws -> [Bar] {
        try names.split(separator: ",").flatMap { name in
            let bars = Bar.named(String(name))
            guard !bars.isEmpty else {
                let all = Bar.all.map(\.id).joined(separator: ", ")
                throw ValidationError("there is no row '\(name)'; the rows are \(all)")
            }
            return bars
        }
    }
}

extension BarRow {
    fileprivate var json: JSON {
        [
            "schema": "iridium.bar/1", "row": .string(id), "name": .string(name),
            "bar": .string(bar),
            "measured": .string(measured),
            "runs": JSON(runs), "met": .bool(verdict == .pass),
        ]
    }
}
