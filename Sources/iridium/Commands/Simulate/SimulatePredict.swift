import ArgumentParser
import IridiumNode
import MembershipSimulator

/// `iridium simulate predict`.
struct SimulatePredict: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predict the figures of real processes on one machine.",
        discussion: """
            Links of 50 us without loss, as between processes of one machine. Compare the figures \
            with those that scripts/local-cluster measures for the same number of nodes.
            """)

    @Option(help: "How many nodes.") var nodes = 32
    @Option(help: "Runs.") var seeds = 100
    @Option(help: "The first seed.") var firstSeed: UInt64 = 1
    @Option(help: "lan, wan or local.") var profile = SimulateCommand.Profile.lan
    @Option(help: "Worlds that run at once.") var workers = ThisMachine.processors
    @OptionGroup var constants: ConstantOptions

    func run() async throws {
        guard (3...2_000).contains(nodes) else { throw ValidationError("--nodes takes 3 to 2000") }
        guard (1...1_000_000).contains(seeds) else {
            throw ValidationError("--seeds takes 1 to 1000000")
        }
        try Simulate.checkWorkers(workers)
        var options = Prediction.Options()
        (options.nodes, options.seeds, options.workers) = (nodes, seeds, workers)
        options.firstSeed = min(firstSeed, UInt64.max / 2)
        options.profile = profile
        options.changes = try constants.changes(for: [profile])
        await SimulateCommand.predict(options, to: Simulate.output)
        try Simulate.finish(true)
    }
}

extension SimulateCommand.Profile: ExpressibleByArgument {}
