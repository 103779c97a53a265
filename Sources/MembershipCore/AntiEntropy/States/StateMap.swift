package import MembershipWire

/// The map of values that a member publishes. Immutable, and shared by all who hold it.
///
/// Invariant: strictly ascending by key, every entry has a value, and the bounds of Specs/Wire.md, section 3.4,
/// hold.
package final class StateMap: Sendable {
    package let entries: [StateEntry]
    /// Of all entries as they travel.
    package let byteCount: Int

    package static let empty = StateMap(checked: [], byteCount: 0)

    private init(checked entries: [StateEntry], byteCount: Int) {
        self.entries = entries
        self.byteCount = byteCount
    }

    /// Nil unless the invariant holds.
    package convenience init?(_ entries: [StateEntry]) {
        let bytes = entries.reduce(0) { $0 + $1.byteCount }
        guard entries.count <= Bounds.stateEntries, bytes <= Bounds.stateBytes,
            entries.allSatisfy({ $0.value.map { $0.count <= Bounds.stateValueBytes } ?? false }),
            zip(entries, entries.dropFirst()).allSatisfy({ $0.key < $1.key })
        else { return nil }
        self.init(checked: entries, byteCount: bytes)
    }

    package subscript(key: StateKey) -> [UInt8]? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].key == key ? entries[low].value : nil
    }

    /// The map after `changes`, which are strictly ascending by key; nil if it is beyond the bounds.
    package func applying(_ changes: [StateEntry]) -> StateMap? {
        var result: [StateEntry] = []
        result.reserveCapacity(entries.count + changes.count)
        var rest = entries[...]
        for change in changes {
            while let next = rest.first, next.key < change.key { result.append(rest.removeFirst()) }
            if let next = rest.first, next.key == change.key { rest.removeFirst() }
            if change.value != nil { result.append(change) }
        }
        return StateMap(result + rest)
    }

    /// The changes that lead from this map to another one, ascending by key.
    package func changes(to other: StateMap) -> [StateEntry] {
        let removed = entries.filter { other[$0.key] == nil }
            .map { StateEntry(key: $0.key, value: nil) }
        let set = other.entries.filter { self[$0.key] != $0.value }
        return (removed + set).sorted { $0.key < $1.key }
    }
}
