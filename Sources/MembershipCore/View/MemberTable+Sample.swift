import MembershipWire

extension MemberTable {
    /// The members from which a sample is taken.
    enum Share: Sendable {
        case all, counted, unanswering, untried
        /// Counted, and not new: it has answered us.
        case tried
    }

    private func isIn(_ share: Share, at index: Int) -> Bool {
        switch share {
        case .all: true
        case .counted: isCounted(at: index)
        case .unanswering: state(at: index).isLiving && !isCounted(at: index)
        case .untried: isUntried(at: index)
        case .tried: isCounted(at: index) && !isUntried(at: index)
        }
    }

    /// Up to `wanted` distinct other members for news, chosen at random among the living; of them at most
    /// one in `part` is unanswering, as far as there are others. So members that exist only in
    /// statements do not keep news from those that answer.
    ///
    /// - Parameter tried: of them at least so many have answered, if there are so many, however many new members
    ///   there are.
    func sampleForNews(
        _ wanted: Int, tried triedCount: Int, unanswering part: Int, except own: NodeID,
        using random: inout RandomSource
    ) -> [MemberRecord] {
        let tried = sample(
            triedCount, except: own, among: .tried, using: &random, where: { $1.isLiving })
        let (wanted, ids) = (wanted - tried.count, tried.map(\.id))
        let isEligible: (NodeID, MemberState) -> Bool = { $1.isLiving && !ids.contains($0) }
        guard isMixed(part) else {
            return tried + sample(wanted, except: own, using: &random, where: isEligible)
        }
        let hasOneMore = random.chance(wanted % part, in: part)
        let share = wanted / part + (hasOneMore ? 1 : 0)
        let counted = sample(
            wanted - share, except: own, among: .counted, using: &random, where: isEligible)
        return tried + counted
            + sample(
                tried.isEmpty && counted.isEmpty ? wanted : share, except: own, among: .unanswering,
                using: &random,
                where: isEligible)
    }

    /// The same as `sample`, of counted members, and of these first of those that have answered; if there is none,
    /// of all that are eligible.
    func sampleCounted(
        _ wanted: Int, except own: NodeID, using random: inout RandomSource,
        where isEligible: (NodeID, MemberState) -> Bool
    ) -> [MemberRecord] {
        let tried = sample(wanted, except: own, among: .tried, using: &random, where: isEligible)
        let ids = tried.map(\.id)
        let counted =
            tried
            + sample(wanted - tried.count, except: own, among: .counted, using: &random) {
                !ids.contains($0) && isEligible($0, $1)
            }
        guard counted.isEmpty, countedCount < livingCount else { return counted }
        return sample(wanted, except: own, using: &random, where: isEligible)
    }

    /// Up to `wanted` distinct members other than `own` that are eligible, chosen at random.
    ///
    /// A method of the table and not of the node: a closure that looks at members would have the
    /// whole node copied for every look.
    func sample(
        _ wanted: Int, except own: NodeID, among share: Share = .all,
        using random: inout RandomSource, where isEligible: (NodeID, MemberState) -> Bool
    ) -> [MemberRecord] {
        guard count > 1, wanted > 0 else { return [] }
        var chosen: [Int] = []
        chosen.reserveCapacity(wanted)
        func consider(_ index: Int) {
            let id = id(at: index)
            guard id != own, isEligible(id, state(at: index)), isIn(share, at: index),
                !chosen.contains(index)
            else {
                return
            }
            chosen.append(index)
        }
        // Dice first; in a table full of tombstones, a walk from a random place.
        for _ in 0..<(wanted * 4) where chosen.count < wanted { consider(random.below(count)) }
        if chosen.count < wanted {
            let start = random.below(count)
            for offset in 0..<count where chosen.count < wanted {
                consider((start + offset) % count)
            }
        }
        return chosen.map { entry(at: $0).record }
    }
}
