import MembershipWire

/// A view in pieces: members by the upper bits of their ids, and of each piece the XOR of its record
/// hashes. Two views differ where their buckets do. Specs/Wire.md, section 8.
struct ViewBuckets: Sendable {
    /// A power of two of them.
    let hashes: [UInt64]

    /// As they came.
    init(_ hashes: [UInt64]) { self.hashes = hashes }

    /// 64 buckets for a small cluster, 256 up to 20,000 members, 4,096 above.
    init(of table: MemberTable) {
        self.init(of: table, count: Self.count(for: table.count))
    }

    static func count(for members: Int) -> Int {
        switch members {
        case ..<512: 64
        case ...20_000: 256
        default: 4_096
        }
    }

    /// In as many buckets as the other side has.
    init(of table: MemberTable, count: Int) {
        var hashes = Array(repeating: UInt64(0), count: count)
        for index in 0..<table.count {
            hashes[Self.bucket(of: table.id(at: index), count: count)] ^= table.share(at: index)
        }
        self.hashes = hashes
    }

    /// Of rows other than those of a view (the states), in as many buckets as a view of so many members has.
    init(of rows: [StreamMessage.SyncRow], count: Int) {
        var hashes = Array(repeating: UInt64(0), count: count)
        for row in rows { hashes[Self.bucket(of: row.member, count: count)] ^= row.recordHash }
        self.hashes = hashes
    }

    var count: Int { hashes.count }

    /// Whether the buckets of `member` differ; `other` has as many.
    func differ(from other: ViewBuckets, for member: NodeID) -> Bool {
        let bucket = Self.bucket(of: member, count: count)
        return hashes[bucket] != other.hashes[bucket]
    }

    /// The rows of `table` in the buckets that differ.
    func rows(of table: MemberTable, differingFrom other: ViewBuckets) -> [StreamMessage.SyncRow] {
        (0..<table.count).compactMap { index in
            let member = table.id(at: index)
            guard table.isShared(at: index), differ(from: other, for: member) else { return nil }
            return .init(member: member, recordHash: table.share(at: index))
        }
    }

    /// Of ours, those in the buckets that differ.
    func rows(
        among rows: [StreamMessage.SyncRow], differingFrom other: ViewBuckets
    ) -> [StreamMessage.SyncRow] {
        rows.filter { differ(from: other, for: $0.member) }
    }

    private static func bucket(of id: NodeID, count: Int) -> Int {
        Int(id.value >> UInt64(64 - count.trailingZeroBitCount))
    }
}
