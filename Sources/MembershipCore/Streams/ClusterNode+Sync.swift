import MembershipWire

/// An anti-entropy sync: two members compare hashes of buckets of their views, then the rows of the
/// buckets that differ, then the records. It costs bytes in proportion to the difference.
/// Specs/Protocol.md, "View digest"; Specs/Wire.md, sections 5.3 and 8.
extension ClusterNode {
    /// Syncs of ours that are under way.
    var outgoingSyncs: Int {
        streams.values.lazy.filter { if case .syncer = $0.role { true } else { false } }.count
    }

    // MARK: The caller's side

    mutating func sendBuckets(on id: StreamID, in turn: inout Turn) {
        let buckets = bucketHashes(count: bucketCount)
        streams[id]?.ownBuckets = buckets
        turn.effects.append(.writeStream(id, .syncBuckets(buckets)))
    }

    /// 64 buckets for a small cluster, 256 up to 20,000 members, 4,096 above.
    private var bucketCount: Int {
        switch view.table.count {
        case ..<512: 64
        case ...20_000: 256
        default: 4_096
        }
    }

    private func bucketHashes(count: Int) -> [UInt64] {
        var buckets = Array(repeating: UInt64(0), count: count)
        for index in 0..<view.table.count {
            buckets[bucket(of: view.table.entry(at: index).record.id, count: count)] ^=
                view.table.share(at: index)
        }
        return buckets
    }

    /// The upper bits of the id; `count` is a power of two.
    private func bucket(of id: NodeID, count: Int) -> Int {
        Int(id.value >> UInt64(64 - count.trailingZeroBitCount))
    }

    mutating func receiveBuckets(
        _ theirs: [UInt64], on id: StreamID, in turn: inout Turn
    ) {
        guard let session = streams[id], session.remote != nil, session.remoteBuckets.isEmpty else {
            return violate(id, in: &turn)
        }
        switch session.role {
        case .syncer:
            guard theirs.count == session.ownBuckets.count else {
                return violate(id, in: &turn)
            }
            streams[id]?.remoteBuckets = theirs
        case .answerer(.sync):
            let own = bucketHashes(count: theirs.count)
            streams[id]?.remoteBuckets = theirs
            turn.effects.append(.writeStream(id, .syncBuckets(own)))
            sendRows(where: own, differsFrom: theirs, on: id, in: &turn)
        case .joiner, .caller, .keysCaller, .answerer:
            violate(id, in: &turn)
        }
    }

    /// What we hold in the buckets that differ; an empty message says that this was all.
    private func sendRows(
        where own: [UInt64], differsFrom theirs: [UInt64], on id: StreamID,
        in turn: inout Turn
    ) {
        let rows = (0..<view.table.count).compactMap { index -> StreamMessage.SyncRow? in
            guard view.table.isShared(at: index) else { return nil }
            let member = view.table.entry(at: index).record.id
            let bucket = bucket(of: member, count: own.count)
            guard own[bucket] != theirs[bucket] else { return nil }
            return .init(member: member, recordHash: view.table.share(at: index))
        }
        for start in stride(from: 0, to: rows.count, by: 1_000) {
            let part = Array(rows[start..<min(start + 1_000, rows.count)])
            turn.effects.append(.writeStream(id, .syncIDs(part)))
        }
        turn.effects.append(.writeStream(id, .syncIDs([])))
    }

    mutating func receiveRows(
        _ rows: [StreamMessage.SyncRow], on id: StreamID, in turn: inout Turn
    ) {
        guard let session = streams[id], case .syncer = session.role,
            !session.remoteBuckets.isEmpty,
            session.remoteRows.count + rows.count <= configuration.entryLimit
        else { return violate(id, in: &turn) }
        guard rows.isEmpty else {
            for row in rows { streams[id]?.remoteRows[row.member] = row.recordHash }
            return
        }
        answerRows(session, on: id, in: &turn)
    }

    /// We know all differences: send what they lack, ask for what we lack.
    private mutating func answerRows(
        _ session: StreamSession, on id: StreamID, in turn: inout Turn
    ) {
        let count = session.ownBuckets.count
        let items = sharedItems { index in
            let member = view.table.entry(at: index).record.id
            let bucket = bucket(of: member, count: count)
            return session.ownBuckets[bucket] != session.remoteBuckets[bucket]
                && session.remoteRows[member] != view.table.share(at: index)
        }
        for chunk in chunked(items) { turn.effects.append(.writeStream(id, .syncDelta(chunk))) }
        let wanted = session.remoteRows.keys.sorted().filter { member in
            view.table.index(of: member).map { view.table.share(at: $0) }
                != session.remoteRows[member]
        }
        for start in stride(from: 0, to: wanted.count, by: 2_000) {
            let part = Array(wanted[start..<min(start + 2_000, wanted.count)])
            turn.effects.append(.writeStream(id, .syncWant(part)))
        }
        turn.effects.append(.writeStream(id, .end(.done)))
        streams[id]?.hasSentEnd = true
        streams[id]?.hasTaught = !items.isEmpty
    }

    // MARK: The answering side

    mutating func receiveWant(
        _ members: [NodeID], on id: StreamID, in turn: inout Turn
    ) {
        guard let session = streams[id], case .answerer(.sync) = session.role,
            !session.remoteBuckets.isEmpty,
            session.wanted.count + members.count <= configuration.entryLimit
        else { return violate(id, in: &turn) }
        streams[id]?.wanted += members
    }

    func sendWanted(
        _ session: StreamSession, on id: StreamID, in turn: inout Turn
    ) {
        let wanted = Set(session.wanted.compactMap { view.table.index(of: $0) })
        for chunk in chunked(sharedItems { wanted.contains($0) }) {
            turn.effects.append(.writeStream(id, .syncDelta(chunk)))
        }
    }
}
