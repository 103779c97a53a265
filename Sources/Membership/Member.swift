/// One member of the cluster, as this node sees it at one moment.
///
/// Two are equal if they say the same of who the member is, what it states and what state it is in;
/// round-trip times, times in state and reasons are of the moment and play no part.
public struct Member: Sendable, Identifiable {
    /// Who it is; unique, stays the same over restarts.
    public let id: NodeID
    /// What it is called here; unique among the living. Of several that state one name the first
    /// comer bears it, the others are called by their ids.
    public let name: NodeAlias
    /// What it calls itself: `name`, unless that is another's.
    public let statedName: NodeAlias
    /// What this node believes of it.
    public let state: MemberState
    /// Where it says it can be reached.
    public let endpoint: Endpoint
    /// How often it has announced itself anew.
    public let incarnation: Incarnation
    /// Which process of it this is: another number after every restart. 0 before it is known.
    public let boot: UInt64
    /// Its own bytes, at most 512. See `Cluster.setMetadata`.
    public let metadata: [UInt8]
    /// Whether it is this node.
    public let isSelf: Bool
    /// Median round-trip time of recent heartbeats from here; nil before the first answer.
    public let roundTripTime: Duration?
    /// How long it has been in `state`, at the moment of the snapshot.
    public let timeInState: Duration
    /// Why it is in this state, where there is something to say.
    public let reason: Reason?

    /// Why a member is suspect, dead or back: who said so, and what was tried.
    public struct Reason: Hashable, Sendable {
        /// The names of those who accuse it.
        public var accusers: [NodeAlias]
        /// One line for people: "by n2: no ack in 180 ms, 3 of 3 relays failed, …".
        public var text: String
        /// Ways on which we tried to reach it ourselves, in the order of trying; empty if we were told.
        public var tried: [Way]
        /// Since it last answered us; nil if it never did, or where it does not matter.
        public var lastHeard: Duration?
        /// How far this node trusted its own ears: 0 is well, 8 the worst. (Lifeguard)
        public var ownHealth: Int
        /// For a suspect: when it will count as dead unless it answers, from the snapshot's moment.
        public var deadIn: Duration?

        /// A way to a member.
        public enum Way: String, Hashable, Sendable {
            /// A heartbeat by UDP.
            case direct
            /// Heartbeats by other members, on our behalf.
            case relays
            /// A connection (TCP).
            case stream
        }

        package init(
            accusers: [NodeAlias], text: String, deadIn: Duration?, tried: [Way] = [],
            lastHeard: Duration? = nil, ownHealth: Int = 0
        ) {
            self.accusers = accusers
            self.text = text
            self.deadIn = deadIn
            self.tried = tried
            self.lastHeard = lastHeard
            self.ownHealth = ownHealth
        }
    }

    package init(
        id: NodeID, name: NodeAlias, statedName: NodeAlias? = nil, state: MemberState,
        endpoint: Endpoint, incarnation: Incarnation, metadata: [UInt8], isSelf: Bool,
        roundTripTime: Duration?, timeInState: Duration, reason: Reason?, boot: UInt64 = 0
    ) {
        self.boot = boot
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
    /// Whether both say the same of one member, measurements and reasons apart.
    public static func == (a: Member, b: Member) -> Bool {
        a.id == b.id && a.state == b.state && a.incarnation == b.incarnation && a.name == b.name
            && a.statedName == b.statedName && a.endpoint == b.endpoint
            && a.metadata == b.metadata && a.boot == b.boot && a.isSelf == b.isSelf
    }

    /// Of the id, the state and the incarnation: what else is stated goes by these.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(state)
        hasher.combine(incarnation)
    }
}

extension Member {
    /// Alive or suspect: takes part in everything, and is what to count and to route to. A suspect may
    /// only be slow, and usually is.
    public var isLiving: Bool { state.isLiving }
}
