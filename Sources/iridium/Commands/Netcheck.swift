import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import Membership

/// `iridium netcheck`.
struct Netcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the connection to a node: name, TCP, UDP.",
        discussion: """
            A member answers only nodes that hold the cluster key. So UDP is known to work only for \
            members that answer heartbeats of a node of this machine; give a member's name to see.

            Examples:
              iridium netcheck 10.0.0.8:2254
              iridium netcheck n2
            """)

    @Argument(help: ArgumentHelp("An address, or the name of a member.", valueName: "host:port"))
    var target: String

    @OptionGroup var client: ClientOptions

    func run() throws {
        let parsed = try AddressOption.parse(target, option: "the address")
        // A word without a port is first taken as a member's name.
        let isName = parsed.port == nil && IPAddress(parsed.host) == nil
        if isName, let answer = try? client.ask(.check(target)) { return try show(answer) }
        let address = try AddressOption.target(target, option: "the address")
        // A node on this machine knows whether the address is a member's, and whether heartbeats
        // pass.
        if let answer = try? client.ask(.check(at: address)) { return try show(answer) }
        let report = Reachability.checkBlocking(address)
        try show((report.json.line, report.json))
    }

    private func show(_ answer: (line: String, json: JSON)) throws {
        let problem = answer.json["problem"]?.text ?? ""
        try StandardOutput.write(
            client.output.json
                ? answer.line + "\n"
                : ClusterText.reachability(ReachabilityReport(answer.json)) + problem)
        guard answer.json["code"]?.text != nil else { return }
        let exit = answer.json["exit"]?.integer.flatMap { Int32(exactly: $0) }
        throw ProcessExit(code: exit ?? ExitStatus.nothingMatched.rawValue)
    }
}
