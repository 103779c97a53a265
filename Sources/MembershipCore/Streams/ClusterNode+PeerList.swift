import MembershipWire

/// The full peer list: everybody we know, the dead and the left too, so that a newcomer knows all of
/// it at once, and our old rumors cannot revive anybody there.
extension ClusterNode {
    mutating func sendPeerList(on id: StreamID, in turn: inout Turn) {
        let items = sharedItems(where: { _ in true })
        let chunks = chunked(items)
        for (index, chunk) in chunks.enumerated() {
            let message = StreamMessage.PeerListChunk(
                total: UInt32(clamping: items.count), index: UInt32(clamping: index), items: chunk)
            turn.effects.append(.writeStream(id, .peers(message)))
        }
        turn.effects.append(.writeStream(id, .end(.done)))
        streams[id]?.hasSentEnd = true
    }

    /// Records (and verdicts) of the members that are wanted, in order of id; but who came later to
    /// a name than another comes after all, in the order of coming: the reader knows no other.
    func sharedItems(where isWanted: (Int) -> Bool) -> [Item] {
        let last = view.table.laterClaimants.compactMap { view.table.index(of: $0) }
        let isLast = Set(last)
        let order = (0..<view.table.count).filter { !isLast.contains($0) } + last
        var items: [Item] = []
        for index in order where view.table.isShared(at: index) && isWanted(index) {
            let entry = view.table.entry(at: index)
            items.append(.full(entry.record.full))
            if entry.state == .dead {
                items.append(
                    .dead(
                        verdicts[entry.record.id]
                            ?? DeadStatement(
                                target: entry.record.id, corePrefix: entry.record.coreHash.prefix,
                                incarnation: entry.record.incarnation, accusations: [])))
            }
        }
        return items
    }

    /// Cut so that each piece fits into one chunk of a stream.
    func chunked(_ items: [Item]) -> [[Item]] {
        // Room for the message's own type and counters.
        let room = Bounds.chunkBytes - 64
        var chunks: [[Item]] = []
        var current: [Item] = []
        var bytes = 0
        for item in items {
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
