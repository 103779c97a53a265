import MembershipWire

/// The items that a stream has brought: statements of members about themselves, verdicts, and the
/// accusation against us. We believe a stream about nothing else, so the rest is not kept. We keep
/// a verdict only about a member that we know or that the same stream has brought, because any
/// sender can write down any number of others. The items are provisional: a stream that ends badly
/// has brought nothing. A stream that was cut for its size or its time has brought the items that
/// came before the cut, because each record is signed by its member.
struct StagedItems: Sendable {
    struct Record: Sendable {
        let statement: FullStatement
        /// Whether its signature was checked when it came. If it was no news then, it was not.
        let isChecked: Bool
    }

    /// The result of staging some items.
    enum Staging: Sendable {
        case staged
        /// Beyond what a view can hold, or in too many pieces.
        case tooMany
        /// One of them is news and not signed by its member.
        case forged
        /// The stream is in a state that takes in no items.
        case misplaced
    }

    /// The member on the other side of the stream, and its record, which the handshake has proved.
    let sender: NodeID
    let senderRecord: FullStatement
    /// One of each member, in the order of arrival.
    private(set) var records: [Record] = []
    private(set) var verdicts: [NodeID: DeadStatement] = [:]
    /// How far the messages of members have come.
    private(set) var heard: [NodeID: UInt64] = [:]
    /// The first one against us: one is enough to answer.
    private(set) var accusation: SuspectStatement?
    /// That members are gone: what their verdicts rest on.
    private(set) var gone: [GoneStatement] = []
    /// The states that the last items have brought, one of each member in all.
    private(set) var states: [StateStatement] = []
    private var stateMembers: Set<NodeID> = []
    /// Of any kind, kept or not.
    private var count = 0
    private var chunks = 0
    private var members: Set<NodeID> = []
    private var lastMember: NodeID?
    /// The place of the first tombstone among the records: the living come before it.
    private var firstTombstone: Int?
    /// How the living members were taken in before the list had ended; nil if they were not.
    private(set) var livingTaken: Provenance?
    /// Members that were not known when they came: living ones, and such that have left.
    private var unknown = (living: 0, left: 0)

    init(from sender: NodeID, _ record: FullStatement) {
        self.sender = sender
        self.senderRecord = record
    }

    /// The living members among the records.
    var livingCount: Int {
        let standing = records.lazy.filter { $0.statement.standing == .alive }.count
        return max(0, standing - verdicts.count)
    }

    /// Keeps what a chunk brought. Signatures are checked chunk by chunk, so that a long list does not
    /// hold up everything else.
    ///
    /// - Parameters:
    ///   - limit: of items in all.
    ///   - chunkLimit: of messages that bring them.
    mutating func stage(
        _ items: [Item], over table: MemberTable, by authenticator: any StatementAuthenticator,
        own: NodeID, limit: Int, chunkLimit: Int, counting counters: inout CoreCounters
    ) -> Staging {
        chunks += 1
        count += items.count
        guard count <= limit, chunks <= chunkLimit else { return .tooMany }
        for item in items {
            switch item {
            case .full(let statement):
                let member = authenticator.nodeID(of: statement.core.identityKey)
                guard members.insert(member).inserted else { continue }
                guard table[member] != nil || admits(statement, to: table) else {
                    members.remove(member)
                    continue
                }
                let isNews = table.isNews(statement, by: authenticator)
                if isNews { counters.noteCheck() }
                guard !isNews || authenticator.isSigned(statement) else { return .forged }
                records.append(Record(statement: statement, isChecked: isNews))
                lastMember = member
                if statement.standing == .left { noteTombstone() }
            case .dead(let verdict):
                let target = verdict.target
                guard verdicts[target] == nil, members.contains(target) || table[target] != nil
                else { continue }
                verdicts[target] = verdict
                if target == lastMember { noteTombstone() }
            case .suspect(let statement):
                if statement.target == own, accusation == nil { accusation = statement }
            case .heard(let origin, let sequence):
                guard members.contains(origin) || table[origin] != nil else { continue }
                heard[origin] = max(sequence, heard[origin] ?? 0)
            case .gone(let statement):
                if gone.count < Bounds.queueEntries { gone.append(statement) }
            case .state(let statement):
                guard stateMembers.insert(statement.member).inserted else { continue }
                states.append(statement)
            case .refresh, .view, .user, .relay, .proof, .degraded, .stateView, .unknown: break
            }
        }
        return .staged
    }

    /// The record that came last is a tombstone.
    private mutating func noteTombstone() {
        if firstTombstone == nil { firstTombstone = records.count - 1 }
    }

    /// The living members of a list, once, as soon as its first tombstone has shown that they have all come. None if the
    /// list names this node among them: then its claim to its name has a place in the order of the list.
    mutating func takeLiving(as provenance: Provenance, own: NodeID) -> ArraySlice<Record> {
        guard let firstTombstone, livingTaken == nil, !members.contains(own) else { return [] }
        livingTaken = provenance
        // They are in the table from now on.
        unknown = (0, 0)
        return records[..<firstTombstone]
    }

    /// Whether the table could have room for a member that it does not know, after those that are kept
    /// already. For any other neither its signature nor its memory is spent.
    private mutating func admits(_ statement: FullStatement, to table: MemberTable) -> Bool {
        let isLeft = statement.standing == .left
        let kept = isLeft ? unknown.left : unknown.living
        guard kept < table.mostUnknown(statement.standing) else { return false }
        if isLeft { unknown.left += 1 } else { unknown.living += 1 }
        return true
    }

    mutating func takeStates() -> [StateStatement] {
        defer { states = [] }
        return states
    }

    /// Whether no record is forged that has become news only since it came.
    func isGenuine(over table: MemberTable, by authenticator: any StatementAuthenticator) -> Bool {
        records.allSatisfy {
            $0.isChecked || !table.isNews($0.statement, by: authenticator)
                || authenticator.isSigned($0.statement)
        }
    }

    /// Whether the list names another member before the sender under the sender's alias: then that one's
    /// claim is older (`NameClaims`).
    var isSenderLaterClaimant: Bool {
        let first = records.first { $0.statement.core.alias == senderRecord.core.alias }
        return first.map { $0.statement.core.identityKey != senderRecord.core.identityKey } ?? false
    }
}
