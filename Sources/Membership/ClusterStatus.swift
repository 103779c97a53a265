/// The status of a node in figures: for `iridium status`, dashboards and tests.
public struct ClusterStatus: Hashable, Sendable {
    /// The name in the configuration.
    public let clusterName: String
    /// This node, as in `Cluster.localMember`.
    public let localMember: Member
    /// Time since `start` returned.
    public let uptime: Duration
    /// Eight hexadecimal digits by which people compare cluster keys; they reveal nothing about the
    /// key.
    public let keyFingerprint: String
    /// Sixteen hexadecimal digits; equal on nodes that have the same view.
    public let viewHash: String
    /// Number of living members, of those in `heardFrom`, whose last view was ours.
    public let agreeing: Int
    /// Number of other living members that were heard from recently.
    public let heardFrom: Int
    /// Lifeguard's local health: 0 is well; a higher value means a slower and more patient node.
    public let health: Int
    /// The number of members in each state.
    public let counts: [MemberState: Int]
    /// UDP traffic since the start.
    public let traffic: Traffic
    /// Connections by which members watch each other.
    public let lifelines: Lifelines
    /// The values that members publish, as this node holds it.
    public let states: States
    /// From each heartbeat that was acknowledged to its ack.
    public let roundTrips: Durations
    /// How long suspicions took that ended with an answer or a refutation.
    public let recoveries: Durations
    /// How long suspicions took that ended with a death.
    public let convictions: Durations
    /// From the last answer of a member to this node until this node held it dead, for each death of a member that has answered it:
    /// the time for detection, and for the news to come here.
    public let deaths: Durations
    /// Received data that was dropped, by reason and in a fixed order; only reasons that occurred.
    public let refused: [Refusal]
    /// The last answers of the seed providers, in the order of the configuration.
    public var seeds: [SeedStatus] = []

    /// Datagrams and bytes of UDP payload in both directions.
    public struct Traffic: Hashable, Sendable {
        /// All datagrams that arrived, refused ones too.
        public var datagramsIn: UInt64
        /// All datagrams that were sent.
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

    /// Connections by which members watch each other, and their counts since the start.
    public struct Lifelines: Hashable, Sendable {
        /// Whether this node takes part: `ClusterConfiguration.lifelines`.
        public var isOn: Bool
        /// Members that this node watches by a connection that it has opened.
        public var held: Int
        /// Members that hold one to this node. Where it stays 0 in a cluster of lifelines, others
        /// cannot connect to the address that this node advertises.
        public var watchedBy: Int
        /// Connections that ended without a farewell.
        public var lost: UInt64
        /// Of these, how often the member was found alive: a reset on the way, say.
        public var falseAlarms: UInt64
        /// Members declared dead because their process was gone.
        public var gone: UInt64

        package init(
            isOn: Bool = false, held: Int = 0, watchedBy: Int = 0, lost: UInt64 = 0,
            falseAlarms: UInt64 = 0, gone: UInt64 = 0
        ) {
            self.isOn = isOn
            self.held = held
            self.watchedBy = watchedBy
            self.lost = lost
            self.falseAlarms = falseAlarms
            self.gone = gone
        }
    }

    /// The values that members publish: see `Cluster.states`.
    public struct States: Hashable, Sendable {
        /// Living members that publish something, this one included.
        public let members: Int
        /// All keys and values that are held, those of dead members too.
        public let bytes: Int
        /// Members whose values are not held because all together would take more than 64 MiB.
        public let withoutValues: Int
        /// Of `heardFrom`, the members that held the same as this node when they were last heard.
        public let agreeing: Int
        /// Other living members that have shown what they hold. A member whose version of Iridium has no states
        /// shows nothing, and no member does while nothing is published.
        public let heardFrom: Int

        package init(
            members: Int = 0, bytes: Int = 0, withoutValues: Int = 0, agreeing: Int = 0,
            heardFrom: Int = 0
        ) {
            self.members = members
            self.bytes = bytes
            self.withoutValues = withoutValues
            self.agreeing = agreeing
            self.heardFrom = heardFrom
        }
    }

    /// A histogram of durations since the start, with the same bounds on every node.
    public struct Durations: Hashable, Sendable {
        /// Upper bounds in ascending order; each belongs to its range.
        public let bounds: [Duration]
        /// How many durations fell into the range that ends at each bound; the last number, beyond the bounds,
        /// counts those longer than all.
        public let counts: [UInt64]
        /// The sum of all durations.
        public let sum: Duration

        package init(bounds: [Duration] = [], counts: [UInt64] = [0], sum: Duration = .zero) {
            self.bounds = bounds
            self.counts = counts
            self.sum = sum
        }
    }

    /// The number of drops for one reason.
    public struct Refusal: Hashable, Sendable {
        /// A stable word such as `mac-mismatch`.
        public let reason: String
        /// The number since the start.
        public let count: UInt64

        package init(reason: String, count: UInt64) {
            self.reason = reason
            self.count = count
        }
    }

    package init(
        clusterName: String, localMember: Member, uptime: Duration, keyFingerprint: String,
        viewHash: String, agreeing: Int, heardFrom: Int, health: Int, counts: [MemberState: Int],
        traffic: Traffic, lifelines: Lifelines = Lifelines(), states: States = States(),
        roundTrips: Durations = Durations(), recoveries: Durations = Durations(),
        convictions: Durations = Durations(), deaths: Durations = Durations(),
        refused: [Refusal]
    ) {
        self.roundTrips = roundTrips
        self.recoveries = recoveries
        self.convictions = convictions
        self.deaths = deaths
        self.states = states
        self.lifelines = lifelines
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
