/// A fresh cluster key that lives in this process only.
public final class SharedClusterKey: Sendable {
    /// Draws the key.
    public init() {}
}
