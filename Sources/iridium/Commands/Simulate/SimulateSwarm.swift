import ArgumentParser
import IridiumNode
import MembershipSimulator

/// `iridium simulate swarm`.
struct SimulateSwarm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swarm",
        abstract: "Run random worlds with random faults, and look for broken rules.",
        discussion: """
            A seed that breaks a rule is printed with its plan, made as small as possible; the exit \
            code is then 1. 300 seeds take a few seconds.
            """)

    @Option(help: "How many worlds (default: 300, with --soak 100000).") var seeds: Int?
    @Flag(help: "A long run: 100000 worlds.") var soak = false
    @Option(help: "The first seed.") var firstSeed: UInt64 = 1
    @Option(help: "Worlds that run at once.") var workers = ThisMachine.processors
    @Option(help: "Print the timeline of this one seed instead.") var replay: UInt64?
    @Flag(help: "Members hold lifelines, and faults affect connections too.") var lifelines = false
    @Flag(help: "Members also write the states that they publish.") var states = false
    @Flag(help: "With --replay: show every message.") var traffic = false
    @OptionGroup var constants: ConstantOptions

    func run() async throws {
        let count = seeds ?? (soak ? 100_000 : 300)
        guard count > 0, UInt64(count) < UInt64.max - firstSeed else {
            throw ValidationError("--seeds takes at least 1, and no more than there are")
        }
        try Simulate.checkWorkers(workers)
        let changes = try constants.changes(for: [.lan, .wan, .local])
        if let replay {
            return try Simulate.finish(
                SimulateCommand.replay(
                    replay, showsTraffic: traffic, holdsLifelines: lifelines,
                    publishesState: states, changes,
                    to: Simulate.output))
        }
        try Simulate.finish(
            await SimulateCommand.swarm(
                firstSeed: firstSeed, count: count, workers: workers, holdsLifelines: lifelines,
                publishesState: states, changes,
                to: Simulate.output))
    }
}
