import MembershipWire

/// Whether a second process runs under our identity: a copied data directory, a cloned machine.
///
/// A statement under our identity and another boot shows nothing of the kind: it may be of an earlier life
/// of ours that others remember. Only a process that answers a call does. So we call the address in the
/// statement, and if that boot answers, we stop: the caller stops, never the one that answers. Hence the
/// order of calling decides which of the two goes. The later one is the one that replaced another boot of our
/// identity when it joined, a short while ago: it calls at once, whichever boot it hears of. That need not be
/// the boot it replaced: after a copy that has stopped, the members may still list that copy. Otherwise the one
/// of the greater boot id calls, after a pause in which a call of the other would have come.
/// Specs/Protocol.md, "One identity, two lives".
struct DuplicateIdentity: Sendable {
    /// The other process, as it states itself.
    struct Other: Hashable, Sendable {
        let boot: BootID
        let endpoint: Endpoint
    }

    enum Step: Sendable {
        case nothing
        case call(Other)
        /// Unless the other calls us before, `postponed` is to be called.
        case callLater
    }

    /// The boot that our first peer list named: our previous life, or the original of this copy.
    private var replaced: BootID?
    /// When it did.
    private var replacedAt: ClusterInstant?
    /// Whether a join of this process has brought its peer list.
    private(set) var hasFirstPeerList = false
    /// The process that we call after the pause.
    private(set) var postponed: Other?

    /// Whether our first peer list named that boot.
    func hasReplaced(_ boot: BootID) -> Bool { replaced == boot }

    mutating func noteFirstPeerList() { hasFirstPeerList = true }

    /// A process under our identity and another boot has spoken, or is remembered.
    ///
    /// - Parameters:
    ///   - isFirst: our first peer list names it, or the first member that we try to join is it.
    ///   - span: how long a node that has replaced a boot calls every other one at once.
    mutating func note(
        _ other: Other, isFirst: Bool, own boot: BootID, at now: ClusterInstant, span: Duration
    ) -> Step {
        if isFirst {
            replaced = other.boot
            replacedAt = now
        }
        let isLater = replacedAt.map { now - $0 < span } ?? false
        if isLater || replaced == other.boot { return .call(other) }
        guard other.boot < boot else { return .nothing }
        postponed = other
        return .callLater
    }
}
