import ArgumentParser
import IridiumNode
import IridiumShell
import Membership

/// The options of a node at its start: the names of the documents first, then the short and the new
/// ones.
struct NodeOptions: ParsableArguments {
    @Option(
        name: [.customLong("node-alias"), .customLong("name")],
        help: ArgumentHelp(
            "What the node is called (an agent: its host's name); it keeps its identity by it.",
            valueName: "name"))
    var nodeAlias: String?

    @Option(
        name: [.customLong("server-bind-host"), .customShort("H")],
        help: ArgumentHelp(
            "Where to listen for the cluster (127.0.0.1).", valueName: "host"))
    var serverBindHost: String?

    @Option(
        name: [.customLong("server-bind-port"), .customShort("P")],
        help: ArgumentHelp(
            "The port for the cluster (2254).", valueName: "port"))
    var serverBindPort: String?

    @Option(help: ArgumentHelp("Both in one; port 0 is any free one.", valueName: "host:port"))
    var bind: String?

    @Option(help: ArgumentHelp("What others are told to call.", valueName: "host:port"))
    var advertise: String?

    @Option(
        help: ArgumentHelp(
            "Where members may be: HOST:PORT, or what is looked up again and again: dns:NAME:PORT, "
                + "srv:NAME, file:PATH. May be repeated.",
            valueName: "seed"))
    var seed: [String] = []

    @Option(
        help: ArgumentHelp(
            "Nodes of one key and different cluster names never merge.", valueName: "name"))
    var cluster = "default"

    @Option(
        help: ArgumentHelp(
            "The cluster key (cluster.key in the data root); - is standard input.",
            valueName: "file"))
    var keyFile: String?

    @Option(help: "Timing for the kind of network: lan, wan or local.")
    var profile = "lan"

    @Option(
        help: ArgumentHelp(
            "How long a member may be silent before it can count as dead (lan 2s, wan 3s).",
            valueName: "span"))
    var tolerance: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Watch members by connections that stay open: a killed process is known at once.")
    var lifelines = false

    @Option(
        help: ArgumentHelp(
            "Text of at most 512 bytes that every member stores.", valueName: "text"))
    var metadata: String?

    @Option(
        help: ArgumentHelp(
            "What the node says of itself, instead of --metadata. May be repeated.",
            valueName: "key=value"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where keys, identities and sockets are kept.", valueName: "directory"))
    var dataRootDir: String?

    @Option(
        name: [.long, .customShort("t")],
        help: ArgumentHelp(
            "Threads for spawned programs.", valueName: "count"))
    var threads: String?

    @Flag(
        name: [.long, .customShort("r")],
        help: "Let others use a prompt over TCP; neither encrypted nor authenticated.")
    var enableRemoteAccess = false

    @Option(
        help: ArgumentHelp(
            "Where to listen for that (127.0.0.1).", valueName: "host"))
    var bindHost: String?

    @Option(
        name: [.long, .customShort("p")],
        help: ArgumentHelp(
            "The port for that (2244).", valueName: "port"))
    var bindPort: String?

    @Option(
        help: ArgumentHelp(
            "What to log on standard error: trace, debug, info, notice, warning, error.",
            valueName: "level"))
    var logLevel = "notice"

    @OptionGroup var output: OutputOptions
    @OptionGroup var admin: AdminOptions

    /// All settings, checked; names are resolved. By default an agent has its host's name, because
    /// it is the same node after a restart. A prompt is a new node each time.
    func settings(ofAgent isAgent: Bool = false) throws(IridiumError) -> NodeSettings {
        var settings = NodeSettings(directory: DataDirectory(option: dataRootDir))
        settings.name = try nodeAlias.map { text throws(IridiumError) in try Self.alias(text) }
        if isAgent, settings.name == nil { settings.name = HostName.own.flatMap(Self.hostAlias) }
        settings.clusterName = try clusterName()
        let bind = try bindEndpoint()
        settings.bind = bind.endpoint
        settings.isPortGiven = bind.isPortGiven
        settings.advertise = try advertiseEndpoint(port: bind.endpoint.port)
        if let refusal = settings.contradiction { throw refusal }
        for text in seed { try SeedOption.parse(text, into: &settings) }
        if let refusal = settings.seeds.lazy.compactMap({ settings.refusal(of: $0) }).first {
            throw refusal
        }
        if let keyFile { settings.key = .file(keyFile) }
        guard let profile = ClusterConfiguration.Profile(rawValue: profile) else {
            throw .badValue(option: "--profile", value: profile, expected: "lan, wan or local")
        }
        settings.profile = profile
        if let tolerance {
            let span = try DurationOption.parse(tolerance, option: "--tolerance")
            guard ClusterConfiguration.tolerances.contains(span) else {
                throw .badValue(
                    option: "--tolerance", value: tolerance, expected: "100 ms to 5 min")
            }
            settings.tolerance = span
        }
        settings.lifelines = lifelines
        settings.metadata = try ownMetadata()
        guard settings.metadata.count <= 512 else {
            throw .metadataTooLong(bytes: settings.metadata.count)
        }
        settings.threads = threadCount()
        if enableRemoteAccess { settings.remoteShell = try remoteEndpoint() }
        return settings
    }

    /// The name of this host as a node alias; nil for a name that identifies no host.
    private static func hostAlias(_ host: String) -> NodeAlias? {
        host.hasPrefix("localhost") ? nil : NodeAlias.suggestion(for: host)
    }

    private static func alias(_ text: String) throws(IridiumError) -> NodeAlias {
        do throws(NodeAliasError) {
            return try NodeAlias(parsing: text)
        } catch {
            throw .badAlias(text, error)
        }
    }

    private func ownMetadata() throws(IridiumError) -> [UInt8] {
        guard !tag.isEmpty else { return Array((metadata ?? "").utf8) }
        guard metadata == nil else {
            throw .badArguments(
                command: "--tag \(tag[0])", problem: "contradicts --metadata",
                usage: "--tag KEY=VALUE, or --metadata TEXT", example: nil)
        }
        return try TagOption.parse(tag, option: "--tag").metadata
    }

    private func clusterName() throws(IridiumError) -> String {
        let isShown = cluster.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control
        }
        guard (1...128).contains(cluster.utf8.count), isShown else {
            throw .badValue(
                option: "--cluster", value: cluster, expected: "a name of 1 to 128 bytes")
        }
        return cluster
    }

    private func bindEndpoint() throws(IridiumError) -> (endpoint: Endpoint, isPortGiven: Bool) {
        var host = serverBindHost ?? "127.0.0.1"
        var port = NodeSettings.usualPort
        var isPortGiven = false
        if let serverBindPort {
            port = try AddressOption.port(serverBindPort, option: "--server-bind-port")
            isPortGiven = true
        }
        if let bind {
            let parsed = try AddressOption.parse(bind, option: "--bind")
            let isPortSame = !isPortGiven || parsed.port == nil || parsed.port == port
            guard serverBindHost == nil || serverBindHost == parsed.host, isPortSame else {
                throw .badArguments(
                    command: "--bind \(bind)",
                    problem: "contradicts \(isPortSame ? "-H" : "-P")",
                    usage: "--bind HOST:PORT, or -H HOST -P PORT", example: nil)
            }
            host = parsed.host
            if let given = parsed.port {
                port = given
                isPortGiven = true
            }
        }
        return (try AddressOption.endpoint(host, port: port), isPortGiven)
    }

    private func advertiseEndpoint(port: UInt16) throws(IridiumError) -> Endpoint? {
        guard let advertise else { return nil }
        let parsed = try AddressOption.parse(advertise, option: "--advertise")
        return try AddressOption.endpoint(parsed.host, port: parsed.port ?? port)
    }

    private func remoteEndpoint() throws(IridiumError) -> Endpoint {
        let port = try bindPort.map { text throws(IridiumError) in
            try AddressOption.port(text, option: "--bind-port")
        }
        return try AddressOption.endpoint(
            bindHost ?? "127.0.0.1", port: port ?? NodeSettings.usualRemotePort)
    }

    /// Reports a value that is not a number in the words of the documents, and then uses the
    /// default.
    private func threadCount() -> Int {
        let usual = max(1, min(8, SystemCall.processorCount))
        guard let threads else { return usual }
        guard let count = Int(threads), (1...256).contains(count) else {
            StandardError.write(
                "Invalid argument for number of threads: \(Layout.printable(threads)). "
                    + "Using default.\n")
            return usual
        }
        return count
    }
}
