/// Anti-entropy: when to compare ourselves with another member, and with which.
///
/// Every heartbeat and ack carries two hashes of its sender: of its view and of its keyset. While they
/// equal ours there is nothing to do. If one differs for longer than news takes to arrive, we connect to
/// that member and both sides end up with the same. There is no periodic full exchange.
/// Specs/Protocol.md, "View digest" and "Keys".
struct Reconciler: Sendable {
    var views: ViewComparison
    var keyrings: KeyringComparison

    init(ownKeyring hash: UInt32, _ configuration: CoreConfiguration) {
        views = ViewComparison(configuration)
        keyrings = KeyringComparison(ownHash: hash, configuration)
    }
}
