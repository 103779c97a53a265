import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium join`.
struct Join: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a node of this machine join a cluster.")

    @Argument(help: ArgumentHelp("Any member of the cluster.", valueName: "host:port")) var seed:
        String
    @OptionGroup var client: ClientOptions

    func run() throws {
        let seed = try AddressOption.target(seed, option: "the member to join")
        let (line, json) = try client.ask(.join(seed), within: .seconds(120))
        try StandardOutput.write(
            client.output.json ? line + "\n" : ClusterText.joined(ClusterJoined(json)))
    }
}

/// `iridium leave`.
struct Leave: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a node of this machine say goodbye; an agent then ends.")

    @OptionGroup var client: ClientOptions

    func run() throws {
        let (line, json) = try client.ask(.leave)
        let told = Int(json["told"]?.integer ?? 0)
        try StandardOutput.write(client.output.json ? line + "\n" : ClusterText.left(told: told))
    }
}

/// `iridium metadata`.
struct Metadata: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replace the text that all members store about a node of this machine.")

    @Argument(help: "At most 512 bytes.") var text: String
    @OptionGroup var client: ClientOptions

    func run() throws {
        let (line, json) = try client.ask(.metadata(text))
        let bytes = json["bytes"]?.integer ?? 0
        try StandardOutput.write(
            client.output.json ? line + "\n" : "Sent to all members (\(bytes) bytes).\n")
    }
}
