/// The cluster keys of a node: one to four, so that a key can be replaced without an interruption.
///
/// Frames are sealed under the primary key and opened under any. Invariant: no two keys of a ring
/// share an id, because the id alone decides which key opens a frame.
package import MembershipWire

package struct Keyring: Sendable {
    package static let capacity = Bounds.keys.upperBound

    /// The primary key first.
    package private(set) var keys: [ClusterKey]

    package init(_ primary: ClusterKey) { keys = [primary] }

    /// The key that seals frames.
    package var primary: ClusterKey { keys[0] }

    package subscript(id: KeyID) -> ClusterKey? { keys.first { $0.id == id } }

    /// Adds a key that opens frames. Installing a key that is already there changes nothing.
    package mutating func install(_ key: ClusterKey) throws(KeyringError) {
        if let same = self[key.id] {
            guard same == key else {
                throw .collision(installed: same.fingerprint, refused: key.fingerprint, key.id)
            }
            return
        }
        guard keys.count < Self.capacity else { throw .full(capacity: Self.capacity) }
        keys.append(key)
    }

    /// Makes an installed key the one that seals.
    package mutating func promote(_ id: KeyID) throws(KeyringError) {
        guard let index = keys.firstIndex(where: { $0.id == id }) else { throw .notInstalled(id) }
        keys.insert(keys.remove(at: index), at: 0)
    }

    /// Drops a key that is no longer needed; never the primary one.
    package mutating func remove(_ id: KeyID) throws(KeyringError) {
        guard let index = keys.firstIndex(where: { $0.id == id }) else { throw .notInstalled(id) }
        guard index != 0 else { throw .isPrimary(primary.fingerprint) }
        keys.remove(at: index)
    }
}

/// The reason why a keyring did not change.
package enum KeyringError: Error, Equatable, Sendable {
    case full(capacity: Int)
    /// Another key with the same two-byte id is installed: one in 65,536. Make a new key.
    case collision(installed: String, refused: String, KeyID)
    case notInstalled(KeyID)
    /// The key that seals frames cannot be removed: promote another one first.
    case isPrimary(String)
}
