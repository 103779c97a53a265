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
            "The node's name (an agent: its host's name). A node with a name keeps its identity.",
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

    @Option(
        help: ArgumentHelp(
            "Host and port in one; port 0 takes any free port.", valueName: "host:port"))
    var bind: String?

    @Option(help: ArgumentHelp("The address that other members call.", valueName: "host:port"))
    var advertise: String?

    @Option(
        help: ArgumentHelp(
            "Where members may be: HOST:PORT, or a source to look up repeatedly: dns:NAME:PORT, "
                + "srv:NAME, file:PATH. May be repeated.",
            valueName: "seed"))
    var seed: [String] = []

    @Option(
        help: ArgumentHelp(
            "The cluster's name (default). Clusters of different names never merge.",
            valueName: "name"))
    var cluster: String?

    @Option(
        help: ArgumentHelp(
            "The cluster key (cluster.key in the data root); - is standard input.",
            valueName: "file"))
    var keyFile: String?

    @Option(help: "Timing for the kind of network: lan, wan or local (lan).")
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "How long a member may be silent before it can count as dead (lan 2s, wan 3s).",
            valueName: "span"))
    var tolerance: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Watch members by connections that stay open: the death of a process is known at once.")
    var lifelines: Bool?

    @Option(
        help: ArgumentHelp(
            "Text of at most 512 bytes that every member stores.", valueName: "text"))
    var metadata: String?

    @Option(
        help: ArgumentHelp(
            "A fact that the node states about itself, instead of --metadata. May be repeated.",
            valueName: "key=value"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where keys, identities and sockets are kept.", valueName: "directory"))
    var dataRootDir: String?

    @Option(
        help: ArgumentHelp(
            "A group whose members may also use the control socket (an agent).",
            valueName: "group"))
    var controlGroup: String?

    @Option(
        name: [.long, .customShort("t")],
        help: ArgumentHelp(
            "Threads for spawned programs.", valueName: "count"))
    var threads: String?

    @Flag(
        name: [.long, .customShort("r")],
        help: "Offer a prompt over TCP, neither encrypted nor authenticated.")
    var enableRemoteAccess = false

    @Option(
        help: ArgumentHelp(
            "Where to listen for remote prompts (127.0.0.1).", valueName: "host"))
    var bindHost: String?

    @Option(
        name: [.long, .customShort("p")],
        help: ArgumentHelp(
            "The port for remote prompts (2244).", valueName: "port"))
    var bindPort: String?

    @Option(
        help: ArgumentHelp(
            "The least level to log: trace, debug, info, notice, warning, error (notice).",
            valueName: "level"))
    var logLevel: String?

    @Option(
        help: ArgumentHelp(
            "How to log: text, or json, one object a line (text; json with --json; an agent).",
            valueName: "format"))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            "Run a command at these changes of members: failed,left=/usr/local/bin/page (an agent). May be "
                + "repeated.",
            valueName: "events=command"))
    var on: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file of these options (an agent); an option here or in IRIDIUM_… wins over it.",
            valueName: "file"))
    var config: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var admin: AdminOptions

    /// All settings, checked; names are resolved. By default an agent has its host's name, because
    /// it is the same node after a restart. A prompt is a new node each time.
    ///
    /// - Parameter origins: where the values come from, for messages.
    func settings(
        ofAgent isAgent: Bool = false, from origins: Origins = Origins()
    ) throws(IridiumError) -> NodeSettings {
        try requirePaths(origins)
        var settings = NodeSettings(directory: DataDirectory(option: dataRootDir))
        settings.name = try nodeAlias.map { text throws(IridiumError) in
            try origins.checking("name") { _ throws(IridiumError) in try Self.alias(text) }
        }
        if isAgent, settings.name == nil { settings.name = HostName.own.flatMap(Self.hostAlias) }
        settings.clusterName = try clusterName(origins)
        let bind = try bindEndpoint(origins)
        settings.bind = bind.endpoint
        settings.isPortGiven = bind.isPortGiven
        settings.advertise = try advertiseEndpoint(origins, port: bind.endpoint.port)
        if let refusal = settings.contradiction { throw refusal }
        if isAgent, let refusal = settings.unadvertisable { throw refusal }
        try addSeeds(to: &settings, origins)
        if let keyFile { settings.key = .file(keyFile) }
        settings.profile = try timing(origins)
        settings.tolerance = try toleratedSilence(origins)
        settings.lifelines = lifelines ?? true
        settings.metadata = try ownMetadata(origins)
        settings.controlGroup = try groupOfControl(origins)
        settings.threads = threadCount()
        if enableRemoteAccess { settings.remoteShell = try remoteEndpoint(origins) }
        return settings
    }

    /// An empty path would mean `/`, or a file without a name.
    private func requirePaths(_ origins: Origins) throws(IridiumError) {
        let paths = [
            ("data-root-dir", dataRootDir), ("key-file", keyFile),
            ("http-token-file", admin.httpTokenFile),
        ]
        for (key, path) in paths where path?.isEmpty == true {
            try origins.checking(key) { spelling throws(IridiumError) in
                throw .badValue(option: spelling, value: "", expected: "a path")
            }
        }
    }

    private func groupOfControl(_ origins: Origins) throws(IridiumError) -> UInt32? {
        guard let controlGroup else { return nil }
        return try origins.checking("control-group") { spelling throws(IridiumError) in
            guard let group = SystemCall.groupID(named: controlGroup) else {
                throw .badValue(
                    option: spelling, value: controlGroup,
                    expected: "the name of a group of this machine (getent group lists them)")
            }
            return group
        }
    }

    private func addSeeds(
        to settings: inout NodeSettings, _ origins: Origins
    ) throws(IridiumError) {
        settings = try origins.checking("seed") { spelling throws(IridiumError) in
            var settings = settings
            for text in seed {
                try SeedOption.parse(text, option: spelling, into: &settings)
            }
            if let refusal = settings.seeds.lazy.compactMap({ settings.refusal(of: $0) }).first {
                throw refusal
            }
            return settings
        }
    }

    private func timing(
        _ origins: Origins
    ) throws(IridiumError) -> ClusterConfiguration.Profile {
        try origins.checking("profile") { spelling throws(IridiumError) in
            guard let profile else { return .lan }
            guard let known = ClusterConfiguration.Profile(rawValue: profile) else {
                throw .badValue(option: spelling, value: profile, expected: "lan, wan or local")
            }
            return known
        }
    }

    private func toleratedSilence(_ origins: Origins) throws(IridiumError) -> Duration? {
        guard let tolerance else { return nil }
        return try origins.checking("tolerance") { spelling throws(IridiumError) in
            guard let span = try? DurationOption.parse(tolerance, option: spelling),
                ClusterConfiguration.tolerances.contains(span)
            else {
                throw .badValue(
                    option: spelling, value: tolerance,
                    expected: "100 ms to 5 min, such as 3s or 500ms")
            }
            return span
        }
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

    private func ownMetadata(_ origins: Origins) throws(IridiumError) -> [UInt8] {
        try origins.checking(tag.isEmpty ? "metadata" : "tag") { spelling throws(IridiumError) in
            guard !tag.isEmpty else {
                let bytes = Array((metadata ?? "").utf8)
                guard bytes.count <= 512 else { throw .metadataTooLong(bytes: bytes.count) }
                return bytes
            }
            guard metadata == nil else {
                throw .badArguments(
                    command: "\(spelling) \(tag[0])", problem: "contradicts --metadata",
                    usage: "--tag KEY=VALUE, or --metadata TEXT", example: nil)
            }
            let bytes = try TagOption.parse(tag, option: spelling).metadata
            guard bytes.count <= 512 else { throw .metadataTooLong(bytes: bytes.count) }
            return bytes
        }
    }

    private func clusterName(_ origins: Origins) throws(IridiumError) -> String {
        guard let cluster else { return "default" }
        return try origins.checking("cluster") { spelling throws(IridiumError) in
            let isShown = cluster.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control
            }
            guard (1...128).contains(cluster.utf8.count), isShown else {
                throw .badValue(
                    option: spelling, value: cluster,
                    expected: "a name of 1 to 128 bytes without control characters")
            }
            return cluster
        }
    }

    private func bindEndpoint(
        _ origins: Origins
    ) throws(IridiumError) -> (endpoint: Endpoint, isPortGiven: Bool) {
        var host = serverBindHost ?? "127.0.0.1"
        var port = NodeSettings.usualPort
        var isPortGiven = false
        if let serverBindPort {
            port = try origins.checking("server-bind-port") { spelling throws(IridiumError) in
                try AddressOption.port(serverBindPort, option: spelling)
            }
            isPortGiven = true
        }
        if let bind {
            let parsed = try origins.checking("bind") { spelling throws(IridiumError) in
                try AddressOption.parse(bind, option: spelling)
            }
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
        let endpoint = try origins.checking(bind == nil ? "server-bind-host" : "bind") {
            _ throws(IridiumError) in try AddressOption.endpoint(host, port: port)
        }
        return (endpoint, isPortGiven)
    }

    private func advertiseEndpoint(
        _ origins: Origins, port: UInt16
    ) throws(IridiumError) -> Endpoint? {
        guard let advertise else { return nil }
        return try origins.checking("advertise") { spelling throws(IridiumError) in
            let parsed = try AddressOption.parse(advertise, option: spelling)
            return try AddressOption.endpoint(parsed.host, port: parsed.port ?? port)
        }
    }

    private func remoteEndpoint(_ origins: Origins) throws(IridiumError) -> Endpoint {
        let port = try bindPort.map { text throws(IridiumError) in
            try origins.checking("bind-port") { spelling throws(IridiumError) in
                try AddressOption.port(text, option: spelling)
            }
        }
        return try origins.checking("bind-host") { _ throws(IridiumError) in
            try AddressOption.endpoint(
                bindHost ?? "127.0.0.1", port: port ?? NodeSettings.usualRemotePort)
        }
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
