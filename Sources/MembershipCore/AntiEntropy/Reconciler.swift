/// Anti-entropy: when to compare ourselves with another member, and with which; and the states that members publish,
/// which are held here.
///
/// Every heartbeat and ack carries hashes of its sender: of its view, of its keyset, and of the states that it holds if
/// there are any. While they equal ours there is nothing to do. If one differs for longer than news takes to arrive, we
/// connect to that member and both sides end up with the same. There is no periodic full exchange.
/// Specs/Protocol.md, "View digest", "Keys" and "Member state".
struct Reconciler: Sendable {
    var views: ViewComparison
    var keyrings: KeyringComparison
    var states: SharedStates

    init(ownKeyring hash: UInt32, _ configuration: CoreConfiguration) {
        views = ViewComparison(configuration)
        keyrings = KeyringComparison(ownHash: hash, configuration)
        states = SharedStates(configuration)
    }
}
