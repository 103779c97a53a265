/// One member of the cluster, as this node sees it at one moment.
///
/// Two are equal if they agree about the member's identity, statements and state. Round-trip times,
/// times in state and reasons are momentary and are not compared.
public struct Member: Sendable, Identifiable {
    /// Its id; unique, the same over restarts.
    public let id: NodeID
    /// Its name here; unique among the living. If several members state one name, the first keeps
    /// it, and the others are shown by their ids.
    public let name: NodeAlias
    /// The name that it states: `name`, unless another member has that.
    public let statedName: NodeAlias
    /// Its state in this node's view.
    public let state: MemberState
    /// The address that it states.
    public let endpoint: Endpoint
    /// How often it has stated its record again.
    public let incarnation: Incarnation
    /// Identifies its process: another number after every restart. 0 before it is known.
    public let boot: UInt64
    /// The versions of the wire protocol that it states. Its greatest tells, during an upgrade, whether its
    /// process runs the new version yet.
    public let protocolVersions: ClosedRange<UInt8>
    /// Its metadata, at most 512 bytes. See `Cluster.setMetadata`.
    public let metadata: [UInt8]
    /// Whether it is this node.
    public let isSelf: Bool
    /// Median round-trip time of recent heartbeats from here; nil before the first answer.
    public let roundTripTime: Duration?
    /// How long it has been in `state`, at the moment of the snapshot.
    public let timeInState: Duration
    /// The reason for its state, if there is one to report.
    public let reason: Reason?

    /// The reason why a member is suspect, dead or alive again: the accusers, and the ways that
    /// were tried.
    public struct Reason: Hashable, Sendable {
        /// The names of its accusers.
        public let accusers: [NodeAlias]
        /// One line for people: "by n2: no ack in 180 ms, 3 of 3 relays failed, …".
        public let text: String
        /// The ways on which we tried to reach it ourselves, in the order of trying; empty if
        /// others reported it.
        public let tried: [Way]
        /// Time since it last answered us; nil if it never did, or if it does not matter.
        public let lastHeard: Duration?
        /// The local health of this node: 0 is well, 8 the worst. (Lifeguard)
        public let ownHealth: Int
        /// For a suspect: the time until it counts as dead unless it answers, from the snapshot's
        /// moment.
        public let deadIn: Duration?
        /// Whether its process is gone, as its machine says: the lifeline closed, and nothing accepts a
        /// connection at its address. False if it only did not answer.
        public let isProcessGone: Bool

        /// A way to a member.
        public enum Way: String, Hashable, Sendable {
            /// A heartbeat by UDP.
            case direct
            /// Indirect probes: heartbeats by other members, on our behalf.
            case relays
            /// A connection (TCP fallback probe).
            case stream
        }

        package init(
            accusers: [NodeAlias], text: String, deadIn: Duration?, tried: [Way] = [],
            lastHeard: Duration? = nil, ownHealth: Int = 0, isProcessGone: Bool = false
        ) {
            self.accusers = accusers
            self.text = text
            self.deadIn = deadIn
            self.tried = tried
            self.lastHeard = lastHeard
            self.ownHealth = ownHealth
            self.isProcessGone = isProcessGone
        }
    }

    package init(
        id: NodeID, name: NodeAlias, statedName: NodeAlias? = nil, state: MemberState,
        endpoint: Endpoint, incarnation: Incarnation, metadata: [UInt8], isSelf: Bool,
        roundTripTime: Duration?, timeInState: Duration, reason: Reason?, boot: UInt64 = 0,
        protocolVersions: ClosedRange<UInt8> = ProtocolVersion.supported
    ) {
        self.boot = boot
        self.protocolVersions = protocolVersions
        self.id = id
        self.name = name
        self.statedName = statedName ?? name
        self.state = state
        self.endpoint = endpoint
        self.incarnation = incarnation
        self.metadata = metadata
        self.isSelf = isSelf
        self.roundTripTime = roundTripTime
        self.timeInState = timeInState
        self.reason = reason
    }
}

extension Member: Hashable {
    /// Whether both agree about one member, except for measurements and reasons.
    public static func == (a: Member, b: Member) -> Bool {
        a.id == b.id && a.state == b.state && a.incarnation == b.incarnation && a.name == b.name
            && a.statedName == b.statedName && a.endpoint == b.endpoint
            && a.metadata == b.metadata && a.boot == b.boot && a.isSelf == b.isSelf
            && a.protocolVersions == b.protocolVersions
    }

    /// Hashes the id, the state and the incarnation, which determine the other statements.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(state)
        hasher.combine(incarnation)
    }
}

extension Member {
    /// Alive or suspect: it takes part in everything, so count it and route to it. A suspect may
    /// only be slow, and usually is.
    public var isLiving: Bool { state.isLiving }
}
