import ArgumentParser
import IridiumNode
import MembershipSimulator

/// `iridium simulate scale`.
struct SimulateScale: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Measure the cost of clusters of growing size: at rest, at a kill, at a join.",
        discussion: """
            Each line is one world on one core of this machine, with 1 % loss. Its members start \
            with a complete view; with --joins they also join one seed all at once, which takes a \
            minute for 1000.
            """)

    @Option(help: "Sizes, separated by commas.") var sizes = "10,100,1000,10000"
    @Option(help: "The seed.") var seed: UInt64 = 1
    @Option(help: "Also let up to this many nodes join at once.") var joins = 100
    @OptionGroup var constants: ConstantOptions

    func run() throws {
        let wanted = sizes.split(separator: ",").map { Int($0) ?? 0 }
        guard !wanted.isEmpty, wanted.allSatisfy({ (4...20_000).contains($0) }) else {
            throw ValidationError("--sizes takes numbers from 4 to 20000, with commas")
        }
        try SimulateCommand.scale(
            wanted, seed: seed, joinsUpTo: joins, constants.changes(for: [.lan]),
            meter: ThisMachine.meter, to: Simulate.output)
        try Simulate.finish(true)
    }
}
