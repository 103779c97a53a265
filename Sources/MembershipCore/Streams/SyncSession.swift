import MembershipWire

/// The subject that a sync compares.
enum SyncSubject: Sendable {
    /// The records of all members.
    case records
    /// The states that members publish.
    case states
}

/// A sync that we opened: we send our buckets, get the other side's buckets and its rows in those that
/// differ, and then know all differences.
struct SyncRequest: Sendable {
    private enum Phase: Sendable {
        case awaitingBuckets
        case awaitingRows(of: ViewBuckets, [NodeID: UInt64])
        /// We have sent the records that the other side lacks, and asked for the ones that we lack.
        case answered
    }

    let subject: SyncSubject
    var staged: StagedItems
    var keys = KeysReceipt.none
    private let own: ViewBuckets
    private var phase = Phase.awaitingBuckets

    init(of subject: SyncSubject, with staged: StagedItems, own: ViewBuckets) {
        self.subject = subject
        self.staged = staged
        self.own = own
    }

    /// Whether our side has said all, its end included.
    var isAnswered: Bool {
        if case .answered = phase { true } else { false }
    }

    /// False if buckets have no place here, or not so many.
    mutating func receive(_ theirs: ViewBuckets) -> Bool {
        guard case .awaitingBuckets = phase, theirs.count == own.count else { return false }
        phase = .awaitingRows(of: theirs, [:])
        return true
    }

    enum RowsStep: Sendable {
        case violation
        case more
        /// That was all.
        case complete(SyncDifference)
    }

    /// - Parameter limit: of rows in all.
    mutating func receive(_ rows: [StreamMessage.SyncRow], limit: Int) -> RowsStep {
        guard case .awaitingRows(let theirs, var known) = phase, known.count + rows.count <= limit
        else { return .violation }
        guard !rows.isEmpty else {
            phase = .answered
            return .complete(SyncDifference(of: subject, own: own, theirs: theirs, rows: known))
        }
        // Held once, so that it grows in its place.
        phase = .answered
        for row in rows { known[row.member] = row.recordHash }
        phase = .awaitingRows(of: theirs, known)
        return .more
    }
}

/// All differences between what we hold and what another member does.
struct SyncDifference: Sendable {
    let subject: SyncSubject
    fileprivate let own: ViewBuckets
    fileprivate let theirs: ViewBuckets
    fileprivate let rows: [NodeID: UInt64]

    fileprivate init(
        of subject: SyncSubject, own: ViewBuckets, theirs: ViewBuckets, rows: [NodeID: UInt64]
    ) {
        self.subject = subject
        self.own = own
        self.theirs = theirs
        self.rows = rows
    }

    /// Whether the other side lacks what we hold at `index`.
    func isLacked(at index: Int, in table: MemberTable) -> Bool {
        isLacked(.init(member: table.id(at: index), recordHash: table.share(at: index)))
    }

    /// The same of a row of ours.
    func isLacked(_ row: StreamMessage.SyncRow) -> Bool {
        own.differ(from: theirs, for: row.member) && rows[row.member] != row.recordHash
    }

    /// Members of whom the other side holds something else than we do, in order.
    func wanted(by table: MemberTable) -> [NodeID] {
        wanted { member in table.index(of: member).map { table.share(at: $0) } }
    }

    /// The same where `share` says what we hold.
    func wanted(_ share: (NodeID) -> UInt64?) -> [NodeID] {
        rows.keys.sorted().filter { share($0) != rows[$0] }
    }
}

/// A sync that another member opened: it sends its buckets, we answer with ours and our rows in those
/// that differ; then it sends what we lack and asks for what it lacks.
struct SyncAnswer: Sendable {
    private enum Phase: Sendable {
        case awaitingBuckets
        case awaitingWants([NodeID])
    }

    let subject: SyncSubject
    var staged: StagedItems
    private var phase = Phase.awaitingBuckets

    init(of subject: SyncSubject, with staged: StagedItems) {
        self.subject = subject
        self.staged = staged
    }

    /// The records that the other side has asked for.
    var wanted: [NodeID] {
        if case .awaitingWants(let members) = phase { members } else { [] }
    }

    /// False if buckets have no place here.
    mutating func receiveBuckets() -> Bool {
        guard case .awaitingBuckets = phase else { return false }
        phase = .awaitingWants([])
        return true
    }

    /// - Parameter limit: of ids in all.
    /// - Returns: false if they have no place here, or are too many.
    mutating func receiveWants(_ members: [NodeID], limit: Int) -> Bool {
        guard case .awaitingWants(let earlier) = phase, earlier.count + members.count <= limit
        else { return false }
        phase = .awaitingWants(earlier + members)
        return true
    }
}
