import ArgumentParser
import MembershipSimulator

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

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
    @Option(help: "lan, wan or local.") var profile = SimulateCommand.Profile.lan
    @Option(name: .customLong("only"), help: "Show only what these hosts see: 3,7.")
    var shownHosts: String?
    @Flag(help: "Show every message.") var traffic = false
    @Option(help: ArgumentHelp("Write a page of pictures there as well.", valueName: "out.html"))
    var report: String?

    func run() throws {
        var options = SimulateCommand.RunOptions()
        guard (1...20_000).contains(nodes) else {
            throw ValidationError("--nodes takes 1 to 20000")
        }
        guard (0...100).contains(loss) else { throw ValidationError("--loss takes 0 to 100") }
        guard report == nil || nodes <= 2_000 else {
            throw ValidationError("--report takes up to 2000 nodes")
        }
        options.nodes = nodes
        options.seed = seed
        options.faults = faults
        options.duration = seconds.map { .seconds($0) }
        options.loss = Probability(percent: UInt32(loss))
        options.showsTraffic = traffic
        options.hosts = shownHosts.map { Set($0.split(separator: ",").compactMap { Int($0) }) }
        options.profile = profile
        options.wantsReport = report != nil
        let result: SimulateCommand.RunResult
        do {
            result = try SimulateCommand.run(options, to: Simulate.output)
        } catch {
            throw ValidationError(error.description)
        }
        if let report, let page = result.report { try Self.write(page, to: report) }
        try Simulate.finish(result.isGood)
    }

    private static func write(_ page: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else {
            throw ValidationError("cannot write the report to '\(path)': give another path")
        }
        defer { close(descriptor) }
        guard Descriptor.write(Array(page.utf8), to: descriptor) else {
            throw ValidationError("cannot write all of the report to '\(path)': is the disk full?")
        }
    }
}
