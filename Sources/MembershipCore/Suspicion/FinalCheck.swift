import MembershipWire

/// Whether this is a moment for a verdict: a node that receives nothing must not declare others dead.
extension Suspicion {
    /// The facts for this check: the state of our node and its link, and the answers of the accused
    /// and the others.
    struct Heard: Sendable {
        /// We have just overslept: until then we neither accuse nor declare dead.
        let graceUntil: ClusterInstant?
        /// Several members in a row were silent: it is our own link.
        let isOwnLinkDown: Bool
        /// When the accused last answered us.
        let lastAck: ClusterInstant?
        /// When the youngest heartbeat that any member has answered was sent.
        let newestAnswered: ClusterInstant?
    }

    /// When to look again, if this is no moment for a verdict: just awake, or all members are silent to us
    /// (at most 30 s: a broken link), or the accused has answered us since (at most twice the longest
    /// patience).
    func postponement(
        _ heard: Heard, _ configuration: CoreConfiguration, at now: ClusterInstant
    ) -> ClusterInstant? {
        if let grace = heard.graceUntil { return grace }
        guard deadline <= now else { return deadline }
        let limit: ClusterInstant
        if heard.isOwnLinkDown {
            limit = startedAt + configuration.ownLinkPatience(longestSuspicion: longest)
        } else if hasBeenAnswered(heard.lastAck) {
            limit = startedAt + longest * configuration.postponementFactor
        } else {
            return nil
        }
        return now < limit ? min(limit, now + configuration.verdictRecheck) : nil
    }

    /// Whether a heartbeat that we sent at the final check or later has been answered: then this node
    /// receives, and has read what was queued before. Or no member has answered for so long that perhaps
    /// no other is left.
    func mayEnd(
        after check: ClusterInstant, _ heard: Heard, _ configuration: CoreConfiguration,
        at now: ClusterInstant
    ) -> Bool {
        if let newest = heard.newestAnswered, newest >= check { return true }
        return now >= startedAt + configuration.ownLinkPatience(longestSuspicion: longest)
    }

    /// Whether the accused has answered us since we suspect it.
    func hasBeenAnswered(_ lastAck: ClusterInstant?) -> Bool {
        lastAck.map { $0 > startedAt } ?? false
    }

    /// Whether half of our own patience is over, by the accusations that we have checked.
    ///
    /// An honest verdict comes when all of it is over for a member that suspected hardly earlier than we;
    /// one that is invented together with its accusation gives no time to refute. Slowness is left out,
    /// because the member that made the verdict has considered it.
    func hasHadTimeToRefute(_ configuration: CoreConfiguration, at now: ClusterInstant) -> Bool {
        let patience = patience(
            from: configuration.shortestSuspicion, to: configuration.longestSuspicion)
        return now - startedAt >= patience * configuration.timeToRefutePercent / 100
    }

    func verdict(on target: MemberRecord) -> DeadStatement {
        DeadStatement(about: target, accusations: accusations)
    }
}
