/// How a node is, in figures: for `iridium status`, dashboards and tests.
public struct ClusterStatus: Hashable, Sendable {
    /// Of the configuration.
    public let clusterName: String
    /// This node, as in `Cluster.localMember`.
    public let localMember: Member
    /// Since `start` returned.
    public let uptime: Duration
    /// Eight hexadecimal digits by which people compare cluster keys; tells nothing about the key.
    public let keyFingerprint: String
    /// Sixteen hexadecimal digits; equal on nodes that believe the same of everyone.
    public let viewHash: String
    /// Living members, of those in `heardFrom`, whose last view was ours.
    public let agreeing: Int
    /// Living members other than this one that were heard from recently.
    public let heardFrom: Int
    /// Lifeguard's local health: 0 is well, more is slower and more patient.
    public let health: Int
    /// How many members are in each state.
    public let counts: [MemberState: Int]
    /// UDP, since the start.
    public let traffic: Traffic
    /// What arrived and was dropped, by reason and in a fixed order; only reasons that occurred.
    public let refused: [Refusal]
    /// What the providers of seeds said last, in the order of the configuration.
    public var seeds: [SeedStatus] = []

    /// Datagrams and bytes of UDP payload in both directions.
    public struct Traffic: Hashable, Sendable {
        /// Everything that arrived, refused ones too.
        public var datagramsIn: UInt64
        /// Everything that was sent.
        public var datagramsOut: UInt64
        /// Payload, without IP and UDP headers.
        public var bytesIn: UInt64
        /// Payload, without IP and UDP headers.
        public var bytesOut: UInt64

        package init(
            datagramsIn: UInt64 = 0, datagramsOut: UInt64 = 0, bytesIn: UInt64 = 0,
            bytesOut: UInt64 = 0
        ) {
            self.datagramsIn = datagramsIn
            self.datagramsOut = datagramsOut
            self.bytesIn = bytesIn
            self.bytesOut = bytesOut
        }
    }

    /// How often something was dropped for one reason.
    public struct Refusal: Hashable, Sendable {
        /// A stable word such as `mac-mismatch`.
        public let reason: String
        /// Since the start.
        public let count: UInt64

        package init(reason: String, count: UInt64) {
            self.reason = reason
            self.count = count
        }
    }

    package init(
        clusterName: String, localMember: Member, uptime: Duration, keyFingerprint: String,
        viewHash: String, agreeing: Int, heardFrom: Int, health: Int, counts: [MemberState: Int],
        traffic: Traffic, refused: [Refusal]
    ) {
        self.clusterName = clusterName
        self.localMember = localMember
        self.uptime = uptime
        self.keyFingerprint = keyFingerprint
        self.viewHash = viewHash
        self.agreeing = agreeing
        self.heardFrom = heardFrom
        self.health = health
        self.counts = counts
        self.traffic = traffic
        self.refused = refused
    }
}
