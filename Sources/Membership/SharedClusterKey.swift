internal import MembershipSecurity
import Synchronization

/// A fresh cluster key that lives in this process only, in memory that is locked and wiped.
///
/// For tests and demos: clusters with the same one can communicate, and no other node can. If they
/// rotate it, clusters that get it later start with the new one.
public final class SharedClusterKey: Sendable {
    private let current: Mutex<Keyset>

    /// Draws the key.
    public init() { current = Mutex(Keyset(.random())) }

    var keyset: Keyset { current.withLock { $0 } }

    /// The key that seals.
    var key: ClusterKey { keyset.keyring.primary }

    /// Keeps the newer of the two, and returns it.
    func update(to keyset: Keyset) -> Keyset {
        current.withLock { current in
            if keyset.supersedes(current) { current = keyset }
            return current
        }
    }
}
