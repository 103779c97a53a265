/// The settings of a node. The defaults make a private node on loopback.
public struct ClusterConfiguration: Sendable {
    /// The name of the node; nil: a fresh UUID, for this run only.
    public var name: NodeAlias?
    /// Nodes with one key and different cluster names never merge.
    public var clusterName: String
    /// The address to listen on, by UDP and TCP. Port 0: any free one.
    public var bind: Endpoint
    /// The address that other members use; nil: `bind`, which then must not be 0.0.0.0 or ::.
    public var advertise: Endpoint?
    /// Addresses where members may be, or names with any number of addresses. They are looked up
    /// again and compared with the view as long as the node runs; see `SeedProvider`.
    public var seeds: [HostAndPort]
    /// Further places to look for members: name servers, files, or anything that the application
    /// knows.
    public var discovery: [any SeedProvider] = []
    /// Interval of looking at seeds and providers if all seeds live; while one is missing, the
    /// first looks come sooner. From 1 s to 10 minutes. A longer interval means fewer look-ups, but
    /// clusters that formed apart find each other later.
    public var seedRefresh: Duration = .seconds(15)
    package static let seedRefreshes: ClosedRange<Duration> = .seconds(1) ... .seconds(600)
    /// The secret of the cluster. A node needs it to join.
    public var key: KeySource
    /// The directory of a named node's identity and last incarnation; nil: they last for this run
    /// only.
    public var stateDirectory: String?
    /// Timing for a kind of network.
    public var profile: Profile
    /// How long may a member be silent before it may count as dead? nil: the profile's value (lan:
    /// 2 s). From 100 ms to 5 minutes. All nodes of a cluster should have the same value.
    public var tolerance: Duration?
    package static let tolerances: ClosedRange<Duration> = .milliseconds(100) ... .seconds(300)
    /// Whether members watch each other by connections that stay open, so that the death of a process
    /// on a machine that lives on is known in a fraction of a second. Nodes that differ in this work
    /// together; a node without it neither watches nor is watched so.
    public var lifelines: Bool
    /// This member's metadata, at most 512 bytes; every member stores it.
    public var metadata: [UInt8]

    /// The number of events by which one reader of `Cluster.events` may be behind before it gets
    /// `lagged`.
    public var eventCapacity: Int

    /// An identity that outlives the cluster but not the process. If it is set, `stateDirectory` is
    /// not used.
    package var keptIdentity: KeptIdentity?
    /// After this long without any other member, a notice says so, once.
    package var lonelyAfter: Duration

    /// Timing presets. Specs/Protocol.md, "Profiles".
    public enum Profile: String, Hashable, Sendable, CaseIterable {
        /// One data centre.
        case lan
        /// Across the internet.
        case wan
        /// One machine.
        case local
    }

    /// The source of the cluster key.
    public enum KeySource: Sendable {
        /// A key file that must exist (mode 0600, or readable by its group). Rotated keys are
        /// written to it, mode 0600. "-" is standard input, which cannot be written: rotated keys
        /// are held in memory only.
        case file(String)
        /// The same, but made with a fresh key if there is none.
        case fileCreatedIfMissing(String)
        /// A key file that a service manager provides and that cannot be written: rotated keys are
        /// held in memory only.
        case credential(String)
        /// 32 bytes from elsewhere. The caller wipes its own copy.
        case bytes([UInt8])
        /// A fresh key shared by the clusters of one process: for tests and demos in one process.
        case generated(SharedClusterKey)
    }

    /// A node on `bind` with the given key.
    public init(
        name: NodeAlias? = nil, clusterName: String = "default",
        bind: Endpoint = Endpoint(.v4(0x7F00_0001), port: 2254), key: KeySource
    ) {
        self.name = name
        self.clusterName = clusterName
        self.bind = bind
        self.advertise = nil
        self.seeds = []
        self.key = key
        self.stateDirectory = nil
        self.profile = .lan
        self.tolerance = nil
        self.lifelines = true
        self.metadata = []
        self.eventCapacity = 1_024
        self.keptIdentity = nil
        self.lonelyAfter = .seconds(30)
    }
}
