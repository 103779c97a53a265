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
