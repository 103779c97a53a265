import MembershipWire

/// An anti-entropy sync: two members compare hashes of buckets of their views, then the rows of the
/// buckets that differ, then the records. It costs bytes in proportion to the difference.
/// Specs/Protocol.md, "View digest"; Specs/Wire.md, sections 5.3 and 8.
extension ClusterNode {
    mutating func receiveBuckets(
        _ theirs: ViewBuckets, on id: StreamID, in turn: inout Turn
    ) {
        switch streams.receive(theirs, on: id) {
        case .violation: violate(id, in: &turn)
        case .noted: break
        case .answer:
            let own = ViewBuckets(of: view.table, count: theirs.count)
            turn.effects.append(.writeStream(id, .syncBuckets(own.hashes)))
            let rows = own.rows(of: view.table, differingFrom: theirs)
            for part in rows.pieces(of: 1_000) {
                turn.effects.append(.writeStream(id, .syncIDs(part)))
            }
            // An empty message says that this was all.
            turn.effects.append(.writeStream(id, .syncIDs([])))
        }
    }

    mutating func receiveRows(
        _ rows: [StreamMessage.SyncRow], on id: StreamID, in turn: inout Turn
    ) {
        switch streams.receive(rows, on: id, limit: configuration.entryLimit) {
        case .violation: violate(id, in: &turn)
        case .more: break
        case .complete(let difference): answer(difference, on: id, in: &turn)
        }
    }

    /// We know all differences: send what they lack, ask for what we lack.
    private func answer(_ difference: SyncDifference, on id: StreamID, in turn: inout Turn) {
        let table = view.table
        let items = table.peerList(
            suspicions.verdicts, evidence: lifelines.evidence(at: turn.now), heard: gossip.heard,
            where: { difference.isLacked(at: $0, in: table) })
        for chunk in items.chunked { turn.effects.append(.writeStream(id, .syncDelta(chunk))) }
        for part in difference.wanted(by: table).pieces(of: 2_000) {
            turn.effects.append(.writeStream(id, .syncWant(part)))
        }
        turn.effects.append(.writeStream(id, .end(.done)))
    }

    mutating func receiveWants(
        _ members: [NodeID], on id: StreamID, in turn: inout Turn
    ) {
        guard streams.receiveWants(members, on: id, limit: configuration.entryLimit) else {
            return violate(id, in: &turn)
        }
    }

    func sendWanted(_ members: [NodeID], on id: StreamID, in turn: inout Turn) {
        let table = view.table
        let wanted = Set(members.compactMap { table.index(of: $0) })
        let items = table.peerList(
            suspicions.verdicts, evidence: lifelines.evidence(at: turn.now), heard: gossip.heard,
            where: wanted.contains)
        for chunk in items.chunked {
            turn.effects.append(.writeStream(id, .syncDelta(chunk)))
        }
    }
}
