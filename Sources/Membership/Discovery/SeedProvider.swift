public import MembershipWire

/// A source of seeds. It is asked at the start and then repeatedly, as long as the node runs.
///
/// ```swift
/// configuration.discovery = [.dns("app.internal"), .file("/etc/app/seeds")]
/// ```
/// Each look compares all addresses from the providers with the view, and calls some of those that
/// belong to no living member in it. So a new name server record, a changed file and two clusters
/// that formed apart are all found within `ClusterConfiguration.seedRefresh`. If all of them live,
/// nothing is called.
///
/// A provider may be slow, may throw, and may be called from any thread; it gets one question at a
/// time. While it does not answer, its last answer counts. Of one answer the first 256 addresses
/// count.
public protocol SeedProvider: Sendable {
    /// The name that `iridium status` and the log show; one line, preferably as it was configured.
    var name: String { get }

    /// The addresses where members may be. Names among them are resolved to all their addresses. A
    /// nil port means 2254. This node's own address may be among them.
    func seeds() async throws -> [HostAndPort]
}

extension SeedProvider {
    /// The name of the type.
    public var name: String { "\(Self.self)" }
}

extension SeedProvider where Self == AnySeedProvider {
    /// Exactly these seeds.
    public static func list(_ seeds: [HostAndPort]) -> AnySeedProvider {
        AnySeedProvider(
            name: seeds.map(\.description).joined(separator: ","), constant: .addresses(of: seeds)
        ) { seeds }
    }

    /// All addresses of a host name, IPv4 and IPv6: for example those of a headless service.
    public static func dns(_ host: String, port: UInt16 = 2254) -> AnySeedProvider {
        AnySeedProvider(name: "dns:\(HostAndPort(host: host, port: port))") {
            try await NameResolution.addresses(of: host).map {
                HostAndPort(host: $0.description, port: port)
            }
        }
    }

    /// The hosts and ports of a service by its SRV records: `_iridium._udp.app.internal`. All records
    /// count, whatever their priority and weight.
    public static func srv(_ name: String) -> AnySeedProvider {
        AnySeedProvider(name: "srv:\(name)") { try await ServiceRecords.seeds(of: name) }
    }

    /// A file of addresses, one a line; blank lines and lines that begin with # are skipped. It is read
    /// again at each look, whole, so it is best replaced by `rename`. At most 1 MiB; a file that holds
    /// a key is refused.
    public static func file(_ path: String) -> AnySeedProvider {
        AnySeedProvider(name: "file:\(path)") { try await SeedFile.read(path) }
    }

    /// The seeds that a closure finds: in a service catalogue, an orchestrator, another cluster.
    public static func from(
        _ name: String = "custom", _ look: @escaping @Sendable () async throws -> [HostAndPort]
    ) -> AnySeedProvider {
        AnySeedProvider(name: name, look: look)
    }
}

/// One of the providers that come with the library; made by the functions of `SeedProvider`.
public struct AnySeedProvider: SeedProvider {
    /// The provider as it was configured: `dns:app.internal:2254`.
    public let name: String
    /// The constant answer; nil unless all of it is addresses and not names.
    let constant: [FoundSeed]?
    private let look: @Sendable () async throws -> [HostAndPort]

    init(
        name: String, constant: [FoundSeed]? = nil,
        look: @escaping @Sendable () async throws -> [HostAndPort]
    ) {
        self.name = name
        self.constant = constant
        self.look = look
    }

    /// Returns the present seeds.
    public func seeds() async throws -> [HostAndPort] { try await look() }
}

/// The last answer of a seed provider, for `iridium status` and dashboards.
public struct SeedStatus: Hashable, Sendable {
    /// Its name.
    public let provider: String
    /// All addresses of its last answer, resolved; at most 256.
    public let addresses: [Endpoint]
    /// Age of that answer; nil if there was none.
    public let age: Duration?
    /// The reason why its last look failed, in one clause; nil if it did not.
    public let failure: String?

    package init(
        provider: String, addresses: [Endpoint], age: Duration?, failure: String?
    ) {
        self.provider = provider
        self.addresses = addresses
        self.age = age
        self.failure = failure
    }
}
