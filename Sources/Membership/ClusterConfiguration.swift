/// Everything a node can be told before it starts. The defaults make a private node on loopback.
public struct ClusterConfiguration: Sendable {
    /// What the node is called. nil: a fresh UUID, for this run only.
    public var name: NodeAlias?
    /// Nodes with one key and different cluster names never merge.
    public var clusterName: String
    /// Where to listen, UDP and TCP. Port 0: any free one.
    public var bind: Endpoint
    /// What others are told to call; nil: `bind`, which then must not be 0.0.0.0 or ::.
    public var advertise: Endpoint?
    /// Where members may be found: addresses, or names with any number of addresses. They are looked
    /// up again and compared with the view for as long as the node runs; see `SeedProvider`.
    public var seeds: [HostAndPort]
    /// Further places to look for members: name servers, files, whatever the application knows.
    public var discovery: [any SeedProvider] = []
    /// Between two looks at seeds and providers where all seeds live; while one is missing, the first
    /// looks come sooner. From 1 s to 10 minutes. Longer: fewer look-ups, and clusters that formed apart
    /// find each other later.
    public var seedRefresh: Duration = .seconds(15)
    package static let seedRefreshes: ClosedRange<Duration> = .seconds(1) ... .seconds(600)
    /// The secret that admits to the cluster.
    public var key: KeySource
    /// Where a named node keeps its identity and last incarnation; nil: they live for this run.
    public var stateDirectory: String?
    /// Timing for the kind of network.
    public var profile: Profile
    /// How long may a member be silent before it may count as dead? nil: the profile's (lan: 2 s).
    /// From 100 ms to 5 minutes. All nodes of a cluster should be told the same.
    public var tolerance: Duration?
    package static let tolerances: ClosedRange<Duration> = .milliseconds(100) ... .seconds(300)
    /// This member's own bytes, at most 512; every member stores them.
    public var metadata: [UInt8]

    /// How many events one reader of `Cluster.events` may be behind before it gets `lagged`.
    public var eventCapacity: Int

    /// Who this member is, where that outlives the cluster but not the process; then
    /// `stateDirectory` is not used.
    package var keptIdentity: KeptIdentity?
    /// How long without any other member, until one notice says so.
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

    /// Where the cluster key comes from.
    public enum KeySource: Sendable {
        /// A key file that must exist (mode 0600, or readable by its group). Rotated keys are written
        /// to it, mode 0600. "-" is standard input, which takes none: they are held in memory only.
        case file(String)
        /// The same, but made with a fresh key if there is none.
        case fileCreatedIfMissing(String)
        /// A key file that a service manager holds ready and that cannot be written: keys that come by
        /// a rotation are held in memory only.
        case credential(String)
        /// 32 bytes from elsewhere; the caller wipes its own copy.
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
        self.metadata = []
        self.eventCapacity = 1_024
        self.keptIdentity = nil
        self.lonelyAfter = .seconds(30)
    }
}
