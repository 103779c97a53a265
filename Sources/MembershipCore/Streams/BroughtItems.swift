import MembershipWire

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
