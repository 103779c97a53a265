import ArgumentParser
import IridiumNode
import MembershipSimulator

/// `iridium simulate`: clusters in a box, from a seed.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run clusters in a simulated world: measure, watch, search for failures.",
        discussion: """
            The nodes are the very code that an agent runs; network, clocks and chance are
            simulated, and the same seed gives the same run on every machine.
            """,
        subcommands: [SimulateBars.self, SimulateRun.self, SimulateSwarm.self])

    /// Lines on standard output; progress on standard error, if somebody watches it there.
    static var output: SimulateCommand.Output {
        let isWatched = isTerminal(2)
        return SimulateCommand.Output(
            line: { StandardOutput.write($0 + "\n") },
            progress: { text in
                if isWatched { StandardError.write("\r\u{1B}[K\(text)") }
            })
    }

    /// Ends the line of progress, and the process with 1 unless all was well.
    static func finish(_ isGood: Bool) throws {
        if isTerminal(2) { StandardError.write("\r\u{1B}[K") }
        if !isGood { throw ExitCode(1) }
    }
}

/// `iridium simulate bars`.
struct SimulateBars: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bars",
        abstract: "Measure what the protocol promises, beside the rules of memberlist.",
        discussion: "Exits with 1 if a promise is not kept. 200 seeds take some minutes.")

    @Option(help: "Runs a row, up to 200 members.") var seeds = 200
    @Option(help: "Runs a row, with 1,000 members.") var largeSeeds = 20
    @Option(help: "The first seed.") var firstSeed: UInt64 = 1
    @Option(help: "Sizes, with commas.") var sizes = "10,100,1000"
    @Flag(help: "Leave out the column of memberlist's rules.") var noBaseline = false

    func run() throws {
        var options = Bars.Options()
        options.seeds = seeds
        options.largeSeeds = largeSeeds
        options.firstSeed = firstSeed
        options.hasBaseline = !noBaseline
        options.sizes = sizes.split(separator: ",").compactMap { Int($0) }
        guard !options.sizes.isEmpty, options.sizes.allSatisfy({ (4...20_000).contains($0) }),
            seeds > 0, largeSeeds > 0
        else { throw ValidationError("sizes are numbers from 4 to 20000, seeds are at least 1") }
        try Simulate.finish(SimulateCommand.bars(options, to: Simulate.output))
    }
}

/// `iridium simulate run`.
struct SimulateRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Print the timeline of one run.",
        discussion: """
            --faults takes pieces like "10s kill n3; 12s pause n4-n6 for 2s; 20s split n0-n4 for
            60s". The verbs:

            """ + FaultLanguage.summary.map { "  " + $0 }.joined(separator: "\n"))

    @Option(help: "How many nodes, all started at once.") var nodes = 10
    @Option(help: "Decides everything that is left to chance.") var seed: UInt64 = 1
    @Option(help: "What is done to them, and when.") var faults = ""
    @Option(help: "Seconds of the world's time (default: 30 after the last fault).")
    var seconds: Int?
    @Option(help: "Percent of all datagrams lost.") var loss = 0
    @Option(help: "lan, wan or local.") var profile = "lan"
    @Option(name: .customLong("only"), help: "Show only what these hosts see: 3,7.")
    var shownHosts: String?
    @Flag(help: "Show every message.") var traffic = false

    func run() throws {
        var options = SimulateCommand.RunOptions()
        guard (1...20_000).contains(nodes) else {
            throw ValidationError("--nodes takes 1 to 20000")
        }
        guard (0...100).contains(loss) else { throw ValidationError("--loss takes 0 to 100") }
        options.nodes = nodes
        options.seed = seed
        options.faults = faults
        options.duration = seconds.map { .seconds($0) }
        options.loss = Probability(percent: UInt32(loss))
        options.showsTraffic = traffic
        options.hosts = shownHosts.map { Set($0.split(separator: ",").compactMap { Int($0) }) }
        guard let profile = SimulateCommand.Profile(rawValue: profile) else {
            throw ValidationError("--profile is lan, wan or local, not '\(profile)'")
        }
        options.profile = profile
        do {
            try Simulate.finish(try SimulateCommand.run(options, to: Simulate.output))
        } catch let error as FaultLanguage.ParseError {
            throw ValidationError(error.description)
        }
    }
}

/// `iridium simulate swarm`.
struct SimulateSwarm: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swarm",
        abstract: "Run random worlds with random trouble, watched for broken rules.",
        discussion: "A seed that breaks a rule is printed with its plan, made as small as it gets.")

    @Option(help: "How many worlds.") var seeds = 300
    @Option(help: "The first seed.") var firstSeed: UInt64 = 1
    @Option(help: "Print the timeline of this one seed instead.") var replay: UInt64?
    @Flag(help: "With --replay: show every message.") var traffic = false

    func run() throws {
        guard seeds > 0 else { throw ValidationError("--seeds takes at least 1") }
        if let replay {
            return try Simulate.finish(
                SimulateCommand.replay(replay, showsTraffic: traffic, to: Simulate.output))
        }
        try Simulate.finish(
            SimulateCommand.swarm(firstSeed: firstSeed, count: seeds, to: Simulate.output))
    }
}
