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
        case .answer(.records) where awaitsFirstPeerList: end(id, .busy, in: &turn)
        case .answer(let subject):
            let own: ViewBuckets
            let rows: [StreamMessage.SyncRow]
            switch subject {
            case .records:
                own = ViewBuckets(of: view.table, count: theirs.count)
                rows = own.rows(of: view.table, differingFrom: theirs)
            case .states:
                let all = states.rows
                own = ViewBuckets(of: all, count: theirs.count)
                rows = own.rows(among: all, differingFrom: theirs)
            }
            turn.effects.append(.writeStream(id, .syncBuckets(own.hashes)))
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
        let items: [Item]
        let wanted: [NodeID]
        switch difference.subject {
        case .records:
            items = table.peerList(
                suspicions.verdicts, evidence: lifelines.evidence(at: turn.now),
                heard: gossip.heard, where: { difference.isLacked(at: $0, in: table) })
            wanted = difference.wanted(by: table)
        case .states:
            items = wholeStates(states.rows.filter(difference.isLacked).map(\.member))
            wanted = difference.wanted(states.share)
        }
        for chunk in items.chunked { turn.effects.append(.writeStream(id, .syncDelta(chunk))) }
        for part in wanted.pieces(of: 2_000) {
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

    func sendWanted(by answer: SyncAnswer, on id: StreamID, in turn: inout Turn) {
        let table = view.table
        var items: [Item]
        switch answer.subject {
        case .records:
            let wanted = Set(answer.wanted.compactMap { table.index(of: $0) })
            items = table.peerList(
                suspicions.verdicts, evidence: lifelines.evidence(at: turn.now),
                heard: gossip.heard, where: wanted.contains)
            // A caller that is suspect learns of it here, even if no datagram reaches it.
            if let caller = view.table[answer.staged.sender], caller.state == .suspect,
                let accusation = accusation(against: caller.record.id)
            {
                items.append(accusation)
            }
        case .states: items = wholeStates(Set(answer.wanted).sorted())
        }
        for chunk in items.chunked {
            turn.effects.append(.writeStream(id, .syncDelta(chunk)))
        }
    }

    private func wholeStates(_ members: [NodeID]) -> [Item] {
        members.compactMap { states.whole(of: $0).map(Item.state) }
    }
}
