import MembershipWire

/// The open streams, and what each is allowed to bring next.
///
/// Streams carry what does not fit into datagrams: the peer list of a join, the differences of a sync,
/// keysets; and a probe where datagrams do not pass. Messages go in as facts; a message that has no place
/// in the state of its stream changes nothing and is reported as a violation.
struct Streams: Sendable {
    private var sessions: [StreamID: StreamSession] = [:]
    /// Where those that we opened go.
    private var endpoints: [StreamID: Endpoint] = [:]
    private var lastOpened: UInt64 = 0
    /// Where the others come from, if the shell knows it.
    private var networks: [StreamID: Network] = [:]
    private var coming: (id: StreamID, network: Network)?
    /// Those of others, from JOIN on.
    var conversations: Conversations
    private let configuration: CoreConfiguration

    init(_ configuration: CoreConfiguration) {
        self.configuration = configuration
        conversations = Conversations(configuration)
    }

    // MARK: Begin and end

    mutating func open(_ purpose: StreamPurpose, to endpoint: Endpoint) -> StreamID {
        lastOpened += 2
        let id = StreamID(lastOpened)
        endpoints[id] = endpoint
        sessions[id] = .opened(purpose)
        return id
    }

    func isOpen(_ id: StreamID) -> Bool { sessions[id] != nil }

    /// Why a stream that another member has opened is not accepted; nil if it is.
    func refusal(of hello: StreamMessage.Hello) -> StreamEndCode? {
        guard hello.protocolVersions.overlaps(ProtocolVersion.supported) else { return .version }
        let handshakes = sessions.values.lazy.filter(\.isBeforeJoin).count
        return handshakes < configuration.incomingHandshakes ? nil : .busy
    }

    /// A stream takes the place of a conversation with its JOIN: HELLO may be a recording, and shows no
    /// identity.
    mutating func accept(
        _ id: StreamID, for purpose: StreamSession.AcceptedPurpose, from network: Network? = nil
    ) {
        sessions[id] = .accepted(purpose)
        networks[id] = network
    }

    /// Remembers it until HELLO comes.
    mutating func note(_ network: Network, of id: StreamID) { coming = (id, network) }

    mutating func takeNetwork(of id: StreamID) -> Network? {
        defer { coming = nil }
        return coming?.id == id ? coming?.network : nil
    }

    func network(of id: StreamID) -> Network? { networks[id] }

    /// Forgets a stream; returns how far it had come.
    mutating func close(_ id: StreamID) -> StreamSession? {
        endpoints[id] = nil
        networks[id] = nil
        conversations.end(id)
        return sessions.removeValue(forKey: id)
    }

    /// The address that a stream of ours goes to.
    func endpoint(of id: StreamID) -> Endpoint? { endpoints[id] }

    /// Of all streams, in order.
    var ids: [StreamID] { sessions.keys.sorted() }

    // MARK: Streams under way

    var syncsOpened: Int {
        sessions.values.lazy.filter { if case .sync = $0.purpose { true } else { false } }.count
    }

    /// Whether one more member may be called for states.
    var admitsStateCall: Bool {
        sessions.values.lazy.filter { if case .states = $0.purpose { true } else { false } }.count
            < configuration.outgoingStateSyncs
    }

    /// Whether a member that we join has answered, and its list is on its way.
    var isReceivingPeerList: Bool {
        sessions.values.contains { if case .joining = $0 { true } else { false } }
    }

    /// Lifelines that others are opening.
    var lifelinesPending: Int {
        sessions.values.lazy.filter { if case .accepted(.lifeline) = $0 { true } else { false } }
            .count
    }

    /// Calls to members that use a retired key.
    var outdatedContacts: Int {
        sessions.values.lazy.filter {
            if case .keys(let call) = $0.purpose { call.outdatedBoot != nil } else { false }
        }.count
    }

    /// Whether one more member may be probed by stream, and this one is not yet.
    func admitsProbe(of target: NodeID) -> Bool {
        var probes = 0
        for session in sessions.values {
            guard case .probe(let probed) = session.purpose else { continue }
            guard probed != target else { return false }
            probes += 1
        }
        return probes < configuration.outgoingCalls
    }

    /// Whether one more member may be called for the boot that it claims: one at a time.
    var admitsClaimCall: Bool {
        !sessions.values.contains { if case .claim = $0.purpose { true } else { false } }
    }

    /// Our call to a second process of our identity: there is at most one.
    var duplicateCall: (id: StreamID, call: DuplicateCall)? {
        for (id, session) in sessions {
            if case .duplicate(let call) = session.purpose { return (id, call) }
        }
        return nil
    }

    /// Whether we have called such a process, or have answered one whose stream is still open.
    var talksWithDuplicate: Bool {
        duplicateCall != nil
            || sessions.values.contains {
                if case .accepted(.duplicate) = $0 { true } else { false }
            }
    }

    // MARK: The other side

    /// The purpose for which we opened a stream whose HELLO_ACK has not come; nil for any other.
    func purpose(ofOpened id: StreamID) -> StreamPurpose? {
        if case .opened(let purpose) = sessions[id] { purpose } else { nil }
    }

    /// The purpose for which another member opened a stream whose JOIN has not come; nil for any other.
    func purpose(ofAccepted id: StreamID) -> StreamSession.AcceptedPurpose? {
        if case .accepted(let purpose) = sessions[id] { purpose } else { nil }
    }

    /// The handshake has shown who is on the other side: the conversation begins. Returns our buckets if it
    /// is a sync that we opened. `states`: the rows of our states.
    mutating func identify(
        _ id: StreamID, as sender: NodeID, _ record: FullStatement, over table: MemberTable,
        states rows: [StreamMessage.SyncRow] = []
    ) -> ViewBuckets? {
        let staged = StagedItems(from: sender, record)
        switch sessions[id] {
        case .opened(.join(let attempt)): sessions[id] = .joining(attempt: attempt, staged)
        case .opened(.keys(let call)): sessions[id] = .givingKeys(call)
        case .opened(.message(let call)): sessions[id] = .talking(call)
        case .accepted(.message): sessions[id] = .listening(id, to: sender)
        case .accepted(.join): sessions[id] = .admitting(staged)
        case .accepted(.sync):
            sessions[id] = .answeringSync(SyncAnswer(of: .records, with: staged))
        case .accepted(.states):
            sessions[id] = .answeringSync(SyncAnswer(of: .states, with: staged))
        case .accepted(.keys): sessions[id] = .receivingKeys(from: sender)
        case .opened(.sync):
            let buckets = ViewBuckets(of: table)
            sessions[id] = .syncing(SyncRequest(of: .records, with: staged, own: buckets))
            return buckets
        case .opened(.states):
            let buckets = ViewBuckets(of: rows, count: ViewBuckets.count(for: table.count))
            sessions[id] = .syncing(SyncRequest(of: .states, with: staged, own: buckets))
            return buckets
        case .opened(.probe), .opened(.duplicate), .opened(.claim), .opened(.lifeline),
            .accepted(.lifeline), .accepted(.retiredKey), .accepted(.duplicate), .joining,
            .syncing, .givingKeys, .talking, .admitting, .answeringSync, .receivingKeys,
            .listening, nil:
            break
        }
        return nil
    }

    // MARK: Items

    mutating func stage(
        _ items: [Item], on id: StreamID, over table: MemberTable,
        by authenticator: any StatementAuthenticator, own: NodeID, limit: Int,
        counting counters: inout CoreCounters
    ) -> StagedItems.Staging {
        sessions[id]?.stage {
            $0.stage(
                items, over: table, by: authenticator, own: own, limit: limit,
                chunkLimit: configuration.chunksPerStream, counting: &counters)
        } ?? .misplaced
    }

    /// The states that items have just brought; they are not staged, because each proves itself.
    mutating func takeStates(from id: StreamID) -> [StateStatement] {
        guard sessions[id]?.staged?.states.isEmpty == false else { return [] }
        var states: [StateStatement] = []
        _ = sessions[id]?.stage {
            states = $0.takeStates()
            return .staged
        }
        return states
    }

    /// The living members of the list that a join of ours is bringing: see `StagedItems`.
    mutating func takeLiving(
        from id: StreamID, as provenance: Provenance, own: NodeID
    ) -> ArraySlice<StagedItems.Record> {
        guard case .joining = sessions[id] else { return [] }
        var living: ArraySlice<StagedItems.Record> = []
        _ = sessions[id]?.stage {
            living = $0.takeLiving(as: provenance, own: own)
            return .staged
        }
        return living
    }

    /// The member on the other side of a stream that takes in items.
    func sender(of id: StreamID) -> NodeID? { sessions[id]?.staged?.sender }

    // MARK: Sync

    enum BucketsStep: Equatable, Sendable {
        case violation
        case noted
        /// The other side opened the sync: it gets our buckets, and our rows in those that differ.
        case answer(SyncSubject)
    }

    mutating func receive(_ buckets: ViewBuckets, on id: StreamID) -> BucketsStep {
        switch sessions[id] {
        case .syncing(var request):
            guard request.receive(buckets) else { return .violation }
            sessions[id] = .syncing(request)
            return .noted
        case .answeringSync(var answer):
            guard answer.receiveBuckets() else { return .violation }
            sessions[id] = .answeringSync(answer)
            return .answer(answer.subject)
        case .opened, .joining, .givingKeys, .talking, .accepted, .admitting, .receivingKeys,
            .listening, nil:
            return .violation
        }
    }

    mutating func receive(
        _ rows: [StreamMessage.SyncRow], on id: StreamID, limit: Int
    ) -> SyncRequest.RowsStep {
        guard case .syncing(var request) = sessions[id] else { return .violation }
        sessions[id] = nil
        defer { sessions[id] = .syncing(request) }
        return request.receive(rows, limit: limit)
    }

    /// False if that is a violation.
    mutating func receiveWants(_ members: [NodeID], on id: StreamID, limit: Int) -> Bool {
        guard case .answeringSync(var answer) = sessions[id],
            answer.receiveWants(members, limit: limit)
        else { return false }
        sessions[id] = .answeringSync(answer)
        return true
    }

    // MARK: Messages

    /// Whether one more message of this member is listened to. The shell may be slow with answers, so these
    /// places are few for each member.
    func admitsMessage(of caller: NodeID) -> Bool {
        let callers = sessions.values.compactMap(\.messageCaller)
        return callers.count < configuration.incomingMessages
            && callers.count { $0 == caller } < configuration.messagesOfOneCaller
    }

    /// The stream of a call of ours, whose HELLO_ACK may not have come; nil if it is over.
    func stream(ofMessage attempt: UInt64) -> StreamID? {
        for (id, session) in sessions {
            if case .message(let call) = session.purpose, call.attempt == attempt { return id }
        }
        return nil
    }

    /// Whether the shell reads and writes messages on it.
    func carriesMessage(_ id: StreamID) -> Bool {
        switch sessions[id] {
        case .talking, .listening: true
        case .opened, .joining, .syncing, .givingKeys, .accepted, .admitting, .answeringSync,
            .receivingKeys, nil:
            false
        }
    }

    // MARK: Keys

    /// KEYS has come. False if that is a violation: in this state, or for the second time.
    mutating func receiveKeys(on id: StreamID) -> Bool {
        guard sessions[id]?.keys == KeysReceipt.none else { return false }
        sessions[id]?.keys = .pending
        return true
    }

    /// The shell has stored them, or has not. Returns who sent them, and whether we owe an answer; nil
    /// if none were waited for.
    mutating func tookKeys(
        _ outcome: KeysOutcome, on id: StreamID
    ) -> (sender: NodeID, mustAnswer: Bool)? {
        guard let session = sessions[id], session.keys == .pending, let sender = session.keysSender
        else { return nil }
        sessions[id]?.keys = .taken(outcome)
        if case .receivingKeys = session { return (sender, true) }
        return (sender, false)
    }
}
