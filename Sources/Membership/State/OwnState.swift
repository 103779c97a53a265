package import MembershipCore
import MembershipWire

/// The values that this member publishes, as `Cluster.updateState` changes them.
///
/// A key is 1 to 64 bytes of `[A-Za-z0-9._/:-]`, a value at most 4,096 bytes. There are at most 128 keys, and all
/// keys and values together take at most 16,000 bytes, 4 more for each key counted.
public struct OwnState: Hashable, Sendable {
    private var values: [String: [UInt8]]

    init(_ values: [String: [UInt8]]) { self.values = values }

    /// The value of a key; nil if there is none. Setting nil removes it.
    public subscript(key: String) -> [UInt8]? {
        get { values[key] }
        set { values[key] = newValue }
    }

    /// - Throws: `.badStateKey`, `.stateTooLarge`.
    func entries() throws(ClusterError) -> [StateEntry] {
        var entries: [StateEntry] = []
        for (text, value) in values {
            guard let key = StateKey(text) else { throw .badStateKey(text) }
            guard value.count <= Bounds.stateValueBytes else {
                throw .stateTooLarge(bytes: value.count)
            }
            entries.append(StateEntry(key: key, value: value))
        }
        let bytes = entries.reduce(0) { $0 + $1.byteCount }
        guard bytes <= Bounds.stateBytes, entries.count <= Bounds.stateEntries else {
            throw .stateTooLarge(bytes: bytes)
        }
        return entries.sorted { $0.key < $1.key }
    }
}

extension StateMap {
    /// The map after a change by its owner.
    ///
    /// - Throws: `.badStateKey`, `.stateTooLarge`.
    package func changed(
        by change: (inout OwnState) -> Void
    ) throws(ClusterError) -> StateMap {
        var state = OwnState(values(prefix: ""))
        change(&state)
        guard let map = StateMap(try state.entries()) else {
            throw .stateTooLarge(bytes: Bounds.stateBytes)
        }
        return map
    }
}
