import ArgumentParser
import IridiumNode
import IridiumShell
import Membership

/// `iridium demo`: a prompt with a cluster around it, all in this process and nothing on disk.
struct Demo: AsyncParsableCommand, WatchesSignals {
    static let configuration = CommandConfiguration(
        abstract: "Run a cluster in this process, with a prompt that can break it.",
        discussion: """
            The nodes are real, with their own sockets on free ports of loopback. !demo can cut off any \
            node, and kill, pause and restart any but n1, which belongs to the prompt. \
            !cluster_members shows how n1 sees it. Nothing is written to disk, and everything ends \
            with the prompt.
            """)

    @Option(help: "How many nodes, the prompt's node included: 2 to 32.") var nodes = 5
    @Option(help: "Timing for the kind of network: lan, wan or local.") var profile = "local"

    @Flag(inversion: .prefixedNo, help: "The death of a process is known at once.") var lifelines =
        true

    var signals: [Int32] { LocalSession.signals }

    func run() async throws {
        let (sizes, expected) = (DemoCluster.sizes, ClusterConfiguration.Profile.allCases)
        guard let profile = ClusterConfiguration.Profile(rawValue: profile) else {
            throw IridiumError.badValue(
                option: "--profile", value: profile,
                expected: expected.map(\.rawValue).joined(separator: ", "))
        }
        guard
            let demo = DemoCluster(nodes: nodes, profile: profile, lifelines: lifelines)
        else {
            throw IridiumError.badValue(
                option: "--nodes", value: "\(nodes)",
                expected: "\(sizes.lowerBound) to \(sizes.upperBound)")
        }
        try OpenFiles.requireRoom(for: nodes)
        try await run(demo, profile)
    }

    private func run(_ demo: DemoCluster, _ profile: ClusterConfiguration.Profile) async throws {
        var settings = NodeSettings(directory: DataDirectory(option: nil))
        settings.demo = demo
        settings.name = demo.names.first
        settings.bind = Endpoint(.v4(0x7F00_0001), port: 0)
        settings.isPortGiven = true
        settings.profile = profile
        settings.lifelines = lifelines
        let node = Node(settings: settings, logger: Logs.silent)
        let span: Duration
        do {
            span = try await node.startDemo()
        } catch {
            await node.stop()
            throw error
        }
        let greeting = DemoText.greeting(
            version: IridiumVersion.text, members: demo.names.map(\.text), in: span)
        try await LocalSession.talk(
            to: node, greeting: Banner.welcome + (isTerminal(0) ? greeting : ""),
            historyPath: nil, options: .demo
        ) {
            await node.stop()
        }
    }
}
