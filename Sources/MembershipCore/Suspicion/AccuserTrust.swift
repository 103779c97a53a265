import MembershipWire

/// The accusers whose accusations keep turning out to be false.
///
/// An accuser whose accusations were refuted three times within ten minutes is deaf, badly
/// connected or hostile; for the next ten minutes its accusations do not count. But where many
/// accusers are refuted, the cause is a network that loses heartbeats, not accusers that invent
/// silence. Then an accuser that is right must count. So if more than one accuser, and more than a
/// quarter of those that answer, would not count, all of them count. Accusers that are gone or do
/// not answer are left out of this share: else invented ones that leave would switch the rule off.
///
/// If one member alone refuted all three, the accuser's accusations against that member no longer
/// count, and those against others still do: else a member that pretends to be dead and refutes
/// would silence all that noticed.
///
/// Invariant: at most `capacity` accusers are remembered, three moments each.
struct AccuserTrust: Sendable {
    private let refutations: Int
    private let span: Duration
    private let silencedPercent: Int
    private let capacity: Int

    init(_ configuration: CoreConfiguration) {
        refutations = configuration.refutedAccusations
        span = configuration.refutationMemory
        silencedPercent = configuration.silencedPercent
        capacity = configuration.accusersRemembered
    }

    private struct Refutation: Sendable {
        let accused: NodeID
        let moment: ClusterInstant
    }

    /// The last refutations of each, oldest first; at most `refutations`.
    private var refuted: [NodeID: [Refutation]] = [:]

    /// An accusation of `accuser` was answered by the accused with a new incarnation.
    mutating func noteRefutation(
        of accuser: NodeID, by accused: NodeID, at now: ClusterInstant
    ) {
        if refuted[accuser] == nil, refuted.count >= capacity {
            refuted = refuted.filter { now - ($0.value.last?.moment ?? .origin) < span }
            guard refuted.count < capacity else { return }
        }
        refuted[accuser, default: []].append(Refutation(accused: accused, moment: now))
        if let count = refuted[accuser]?.count, count > refutations {
            refuted[accuser]?.removeFirst(count - refutations)
        }
    }

    /// Whether an accusation of `target` by `accuser` counts among the members of `table`.
    func counts(
        _ accuser: NodeID, against target: NodeID, in table: MemberTable, at now: ClusterInstant
    ) -> Bool {
        guard let own = refuted[accuser], isDiscounted(own, against: target, at: now) else {
            return true
        }
        let discounted = refuted.lazy.filter { id, last in
            isDiscounted(last, against: target, at: now) && table.isCounted(id)
        }.count
        return discounted > 1 && discounted * 100 > table.countedCount * silencedPercent
    }

    private func isDiscounted(
        _ last: [Refutation], against target: NodeID, at now: ClusterInstant
    ) -> Bool {
        guard last.count == refutations, let first = last.first, let latest = last.last,
            latest.moment - first.moment <= span, now - latest.moment < span
        else { return false }
        return first.accused == target || last.contains { $0.accused != first.accused }
    }
}
