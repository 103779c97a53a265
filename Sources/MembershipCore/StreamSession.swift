import MembershipWire

/// One stream and how far its conversation has come.
struct StreamSession: Sendable {
    enum Role: Sendable {
        /// We called to join.
        case joiner(attempt: UInt64)
        /// We called to compare views.
        case syncer
        /// We called a member that does not answer datagrams, only to hear whether it lives.
        case caller(NodeID)
        /// We called a member to give it our keys and take newer ones. Of a boot: because that one has
        /// used a retired key. With an attempt: for a rotation.
        case keysCaller(NodeID, boot: BootID?, attempt: UInt64?)
        /// We were called.
        case answerer(StreamMessage.Purpose)

        /// How long such a stream may take in all.
        var patience: Duration {
            switch self {
            case .caller: CoreConfiguration.callPatience
            case .keysCaller: CoreConfiguration.keysPatience
            case .joiner, .syncer, .answerer: CoreConfiguration.streamPatience
            }
        }
    }

    var isCall: Bool {
        switch role {
        case .caller: true
        case .joiner, .syncer, .keysCaller, .answerer: false
        }
    }

    let role: Role
    /// Who is on the other side, once the handshake has shown it.
    var remote: FullStatement?
    /// Everything received so far. Provisional: a stream that is cut before its end brought nothing.
    var brought = BroughtItems()
    var announcedItems = 0
    /// What we sent of our view, and what the other side has, while syncing.
    var ownBuckets: [UInt64] = []
    var remoteBuckets: [UInt64] = []
    var remoteRows: [NodeID: UInt64] = [:]
    var wanted: [NodeID] = []
    var hasTaught = false
    var hasSentEnd = false
    /// We were called under a key that we have retired.
    var isUnderRetiredKey = false
    /// What became of the KEYS that the other side sent; nil before that.
    var keysOutcome: KeysOutcome?
    /// KEYS has come, once.
    var hasReceivedKeys = false

    init(_ role: Role) { self.role = role }
}

/// What a stream has brought: statements of members about themselves, verdicts, and what is held against
/// us. Anything else is nothing that a stream is believed about, and not kept.
struct BroughtItems: Sendable {
    struct Record: Sendable {
        let statement: FullStatement
        /// Whether its signature was looked at when it came. What was no news then was not.
        let isChecked: Bool
    }

    /// One of each member, in the order of coming.
    private(set) var records: [Record] = []
    private(set) var verdicts: [NodeID: DeadStatement] = [:]
    /// The first one against us: one is enough to answer.
    private(set) var accusation: SuspectStatement?
    /// Of any kind, kept or not.
    private(set) var count = 0
    private(set) var chunks = 0
    private var members: Set<IdentityKey> = []

    /// Of a peer list of the most entries, with room to spare.
    static let chunkLimit = 16_384

    mutating func beginChunk(of items: Int) {
        chunks += 1
        count += items
    }

    /// Whether this is the first statement of its member.
    mutating func isFirst(_ statement: FullStatement) -> Bool {
        members.insert(statement.core.identityKey).inserted
    }

    mutating func keep(_ statement: FullStatement, isChecked: Bool) {
        records.append(Record(statement: statement, isChecked: isChecked))
    }

    mutating func keep(_ verdict: DeadStatement) { verdicts[verdict.target] = verdict }

    mutating func keep(_ statement: SuspectStatement, against own: NodeID) {
        if statement.target == own, accusation == nil { accusation = statement }
    }
}

/// How a join of ours stands.
struct JoinProgress: Sendable {
    let endpoint: Endpoint
    let startedAt: ClusterInstant
    var stream: StreamID
    /// Who let us in; nil while the stream is open.
    var seed: NodeID?
    var membersReceived = 0
    var heartbeatsSince: ClusterInstant?
    /// Who has acknowledged a heartbeat with a view equal to ours.
    var agreeing: Set<NodeID> = []
    var isAcknowledged = false
    /// Our key was retired, we were given the new ones, and tried again: once.
    var hasNewKeys = false
}

/// Comparing our view with what a heartbeat told us of another's.
struct ViewComparison: Sendable {
    struct Mismatch: Sendable {
        let member: NodeID
        let hash: UInt64
        let since: ClusterInstant
        /// How long our view must have been quiet before the difference means anything.
        let patience: Duration
    }

    /// A member that was called is not called again before a while, whatever it says: one that always
    /// says something else must not keep the others from being compared.
    private struct Rest: Sendable {
        /// Our own view, when it was called.
        let own: UInt64
        let pause: Duration
        let end: ClusterInstant
    }

    private static let longestRest: Duration = .seconds(30)
    private static let restsKept = 256

    var pending: Mismatch?
    var lastSync: ClusterInstant?
    private var rests: [NodeID: Rest] = [:]

    func isResting(_ member: NodeID, at now: ClusterInstant) -> Bool {
        rests[member].map { now < $0.end } ?? false
    }

    /// Its view is ours.
    mutating func endRest(of member: NodeID) {
        if rests[member] != nil { rests[member] = nil }
    }

    /// We call it now. Where our view is as it was the last time, that call brought nothing: then the
    /// pause doubles.
    mutating func rest(
        _ member: NodeID, atLeast patience: Duration, own: UInt64, at now: ClusterInstant
    ) {
        let pause =
            rests[member].map { last in
                last.own == own
                    ? min(max(last.pause * 2, .seconds(1)), Self.longestRest) : patience
            } ?? patience
        if rests.count >= Self.restsKept { rests = rests.filter { now < $0.value.end } }
        guard rests.count < Self.restsKept else { return }
        rests[member] = Rest(own: own, pause: pause, end: now + pause)
    }
}

/// Saying goodbye.
struct Farewell: Sendable {
    let startedAt: ClusterInstant
    /// Heartbeats that carried it, and who has acknowledged one.
    var sequences: Set<UInt64> = []
    var confirmed: Set<NodeID> = []
}
