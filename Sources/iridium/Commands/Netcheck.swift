import ArgumentParser
import IridiumNode
import IridiumShell
import Membership

/// `iridium netcheck`.
struct Netcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try the ways to a node, one after the other.",
        discussion: """
            A member answers only those who hold the cluster key, so UDP is known to work only for \
            members that answer heartbeats of a node of this machine: give a member's name for that.
            """)

    @Argument(help: ArgumentHelp("An address, or the name of a member.", valueName: "host:port"))
    var target: String

    @OptionGroup var client: ClientOptions

    func run() throws {
        let parsed = try AddressOption.parse(target, option: "the address")
        // A bare word is a member's name first.
        if parsed.port == nil, IPAddress(parsed.host) == nil,
            let (line, json) = try? client.ask(.check(target))
        {
            try StandardOutput.write(
                client.output.json
                    ? line + "\n" : ClusterText.reachability(ReachabilityReport(json)))
            guard json["code"]?.text == nil else { throw ProcessExit(.unavailable) }
            return
        }
        let address = try AddressOption.target(target, option: "the address")
        let report = Reachability.checkBlocking(address, known: nil)
        try StandardOutput.write(
            client.output.json ? report.json.line + "\n" : ClusterText.reachability(report))
        guard let problem = report.problem else { return }
        throw ProcessExit(problem.exit ?? .nothingMatched)
    }
}
