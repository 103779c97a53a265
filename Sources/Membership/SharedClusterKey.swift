internal import MembershipSecurity

/// A fresh cluster key that lives in this process only, in memory that is locked and wiped.
///
/// For tests and demos: clusters that are given the same one can talk to each other, and nobody
/// else can.
public final class SharedClusterKey: Sendable {
    let key: ClusterKey

    /// Draws the key.
    public init() { key = .random() }
}
