internal import MembershipSecurity
import Synchronization

/// A fresh cluster key that lives in this process only, in memory that is locked and wiped.
///
/// For tests and demos: clusters that are given the same one can talk to each other, and nobody
/// else can. If they rotate it, clusters that are given it later start with the new one.
public final class SharedClusterKey: Sendable {
    private let current: Mutex<Keyset>

    /// Draws the key.
    public init() { current = Mutex(Keyset(.random())) }

    var keyset: Keyset { current.withLock { $0 } }

    /// The one that seals.
    var key: ClusterKey { keyset.keyring.primary }

    /// Keeps the newer of the two; says which that is.
    func update(to keyset: Keyset) -> Keyset {
        current.withLock { current in
            if keyset.supersedes(current) { current = keyset }
            return current
        }
    }
}
