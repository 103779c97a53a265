import MembershipWire

/// Whose accusations keep turning out to be false.
///
/// An accuser whose accusations were refuted three times within ten minutes is deaf, badly connected or
/// hostile; for the next ten minutes its voice does not count. But where many are refuted, it is the
/// network that loses heartbeats and not they who invent silence, and then the one who is right must
/// be heard: if more than one, and more than a quarter of the living, would have no voice, all have
/// one. Accusers that are gone are not counted: else invented ones that leave would switch the rule off.
///
/// Invariant: at most `capacity` accusers are remembered, three moments each.
struct AccuserTrust: Sendable {
    static let refutations = 3
    static let span: Duration = .seconds(600)
    static let capacity = 1_024

    /// When its accusations were refuted, oldest first; at most `refutations`.
    private var refuted: [NodeID: [ClusterInstant]] = [:]

    /// An accusation of `accuser` was answered by the accused with a new incarnation.
    mutating func noteRefutation(of accuser: NodeID, at now: ClusterInstant) {
        if refuted[accuser] == nil, refuted.count >= Self.capacity {
            refuted = refuted.filter { now - ($0.value.last ?? .origin) < Self.span }
            guard refuted.count < Self.capacity else { return }
        }
        refuted[accuser, default: []].append(now)
        if let count = refuted[accuser]?.count, count > Self.refutations {
            refuted[accuser]?.removeFirst(count - Self.refutations)
        }
    }

    /// Whether the voice of `accuser` counts among the living of `table`.
    func counts(_ accuser: NodeID, in table: MemberTable, at now: ClusterInstant) -> Bool {
        guard let own = refuted[accuser], isDiscounted(own, at: now) else { return true }
        let discounted = refuted.lazy.filter { id, moments in
            isDiscounted(moments, at: now) && table[id]?.state.isLiving == true
        }.count
        return discounted > 1 && discounted * 4 > table.livingCount
    }

    private func isDiscounted(_ moments: [ClusterInstant], at now: ClusterInstant) -> Bool {
        guard moments.count == Self.refutations, let first = moments.first, let last = moments.last
        else { return false }
        return last - first <= Self.span && now - last < Self.span
    }
}

extension ClusterNode {
    /// A suspected member, or one just declared dead, has refuted by this record: whoever accused it was
    /// wrong. A member that has restarted refutes nothing: it was gone; nor does one that has been away
    /// for long.
    mutating func noteRefutation(by record: MemberRecord, at now: ClusterInstant) {
        guard let known = table[record.id], record.standing == .alive,
            record.incarnation > known.record.incarnation, known.record.boot == record.boot
        else { return }
        let accusers: [NodeID]
        if let suspicion = suspicions[record.id] {
            accusers = suspicion.accusers
        } else if let verdict = verdicts[record.id],
            now - known.since < configuration.longestSuspicion
        {
            accusers = verdict.accusations.map(\.accuser)
        } else {
            return
        }
        for accuser in accusers where accuser != ownRecord.id {
            trust.noteRefutation(of: accuser, at: now)
        }
    }

    /// Whether an accusation by `accuser` is worth anything; counts one that is not.
    mutating func isTrusted(_ accuser: NodeID, at now: ClusterInstant) -> Bool {
        if trust.counts(accuser, in: table, at: now) { return true }
        counters.count(.discountedAccuser)
        return false
    }
}
