import ArgumentParser
import IridiumNode
import IridiumShell
import LibC
import MembershipSimulator
import SystemPackage

/// `iridium simulate run`.
struct SimulateRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Print the timeline of one run.",
        discussion: """
            --faults takes parts such as "10s kill n3; 12s pause n4-n6 for 2s; 20s split n0-n4 for \
            60s". Hosts that a fault starts are not started with the others. The verbs:

            """ + FaultLanguage.summary.map { "  " + $0 }.joined(separator: "\n"))

    @Option(help: "How many nodes, all started at once.") var nodes = 10
    @Option(help: "The seed of all random decisions.") var seed: UInt64 = 1
    @Option(help: "The faults, and when they begin.") var faults = ""
    @Option(help: "Seconds of simulated time (default: 30 after the last fault).")
    var seconds: Int?
    @Option(help: "Percent of all datagrams lost.") var loss = 0
    @Option(help: "lan, wan or local.") var profile = SimulateCommand.Profile.lan
    @Flag(inversion: .prefixedNo, help: "Members watch each other by connections that stay open.")
    var lifelines = true
    @Option(name: .customLong("only"), help: "Show only what these hosts see: 3,7.")
    var shownHosts: String?
    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("Show only what happens from this second on.", valueName: "seconds"))
    var firstSecond = 0
    @Flag(help: "Show every message.") var traffic = false
    @Option(
        help: ArgumentHelp(
            "Write what happened to this file; scripts/local-cluster report draws it.",
            valueName: "run.json"))
    var report: String?
    @OptionGroup var constants: ConstantOptions

    func run() throws {
        var options = SimulateCommand.RunOptions()
        guard (1...20_000).contains(nodes) else {
            throw ValidationError("--nodes takes 1 to 20000")
        }
        guard (0...100).contains(loss) else { throw ValidationError("--loss takes 0 to 100") }
        guard report == nil || nodes <= 500 else {
            throw ValidationError("--report takes up to 500 nodes")
        }
        options.nodes = nodes
        options.seed = seed
        options.faults = faults
        options.duration = seconds.map { .seconds($0) }
        options.loss = Probability(percent: UInt32(loss))
        options.showsTraffic = traffic
        options.hosts = shownHosts.map { Set($0.split(separator: ",").compactMap { Int($0) }) }
        options.shownFrom = .seconds(firstSecond)
        options.profile = profile
        options.changes = try constants.changes(for: [profile])
        options.holdsLifelines = lifelines
        options.wantsReport = report != nil
        // Opened before the run, which may take minutes.
        var file: ReportFile?
        if let report { file = try ReportFile(report) }
        let result: SimulateCommand.RunResult
        do {
            result = try SimulateCommand.run(options, to: Simulate.output)
        } catch {
            throw ValidationError(error.description)
        }
        if let text = result.report { try file?.write(text + "\n") }
        try Simulate.finish(result.isGood)
    }
}

/// The file of `--report`, opened before there is anything to write. An earlier report stays until
/// then.
private struct ReportFile {
    private let path: String
    private let file: FileDescriptor

    init(_ path: String) throws(IridiumError) {
        self.path = path
        do throws(Errno) {
            file = try .opened(
                path, .writeOnly, .create,
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    /// Writes the text and closes the file.
    func write(_ text: String) throws(IridiumError) {
        defer { try? file.close() }
        // A device has no length to truncate.
        _ = ftruncate(file.rawValue, 0)
        do throws(Errno) {
            try file.write(all: Array(text.utf8))
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    private static func unwritable(_ path: String, _ error: Errno) -> IridiumError {
        .cannotWrite(
            path: path, reason: error.text, purpose: "the report goes there",
            option: "--report in another place")
    }
}
