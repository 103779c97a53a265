import MembershipWire

extension MemberTable {
    /// The peer list: records (and verdicts) of the members that are wanted, the dead and the left too,
    /// so that a newcomer knows all of it at once and old rumors cannot revive a member there.
    ///
    /// The living first, so that a list that is cut has brought them; within that in order of id. But
    /// members that came later to a name than another come after those, in the order of their coming: the
    /// reader knows no other order. Behind a living member follows how far its messages have come. A member that is dead and keeps its name comes before them as well.
    func peerList(
        _ verdicts: [NodeID: DeadStatement], evidence: [NodeID: GoneStatement] = [:],
        heard: (NodeID) -> UInt64? = { _ in nil },
        where isWanted: (Int) -> Bool = { _ in true }
    ) -> [Item] {
        let last = laterClaimants.compactMap { index(of: $0) }
        let isLast = Set(last)
        let contested = Set(last.map { entry(at: $0).record.alias })
        let first = (0..<count).filter {
            !isLast.contains($0)
                && (state(at: $0).isLiving || contested.contains(entry(at: $0).record.alias))
        }
        let isFirst = Set(first)
        let rest = (0..<count).filter { !isLast.contains($0) && !isFirst.contains($0) }
        let order = first + last + rest
        var items: [Item] = []
        for index in order where isShared(at: index) && isWanted(index) {
            let entry = entry(at: index)
            items.append(.full(entry.record.full))
            if entry.state == .dead {
                let verdict = verdicts[entry.record.id]
                items.append(.dead(verdict ?? DeadStatement(about: entry.record)))
                if let gone = evidence[entry.record.id] { items.append(.gone(gone)) }
            }
            if entry.state.isLiving, let sequence = heard(entry.record.id) {
                items.append(.heard(origin: entry.record.id, sequence: sequence))
            }
        }
        return items
    }

    /// Whether a statement could be taken in. If it is not, its signature need not be checked.
    func isNews(_ statement: FullStatement, by authenticator: any StatementAuthenticator) -> Bool {
        guard let known = self[authenticator.nodeID(of: statement.core.identityKey)]?.record else {
            return true
        }
        return statement.incarnation >= known.incarnation && known.full != statement
    }
}

extension [Item] {
    /// Cut so that each piece fits into one chunk of a stream.
    var chunked: [[Item]] {
        // Room for the message's own type and counters.
        let room = Bounds.chunkBytes - 64
        var chunks: [[Item]] = []
        var current: [Item] = []
        var bytes = 0
        for item in self {
            let size = item.byteCount
            if !current.isEmpty, bytes + size > room || current.count == Bounds.itemsPerChunk {
                chunks.append(current)
                current = []
                bytes = 0
            }
            current.append(item)
            bytes += size
        }
        if !current.isEmpty { chunks.append(current) }
        return chunks
    }
}

extension Array {
    /// In pieces of at most `length` elements.
    func pieces(of length: Int) -> [[Element]] {
        stride(from: 0, to: count, by: length).map {
            Array(self[$0..<Swift.min($0 + length, count)])
        }
    }
}
