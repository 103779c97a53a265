import MembershipWire

extension MemberTable {
    /// Up to `wanted` distinct members other than `own` that are eligible, chosen at random.
    ///
    /// A method of the table and not of the node: a closure that looks at members would have the
    /// whole node copied for every look.
    func sample(
        _ wanted: Int, except own: NodeID, using random: inout RandomSource,
        where isEligible: (NodeID, MemberState) -> Bool
    ) -> [MemberRecord] {
        guard count > 1, wanted > 0 else { return [] }
        var chosen: [Int] = []
        chosen.reserveCapacity(wanted)
        func consider(_ index: Int) {
            let id = id(at: index)
            guard id != own, isEligible(id, state(at: index)), !chosen.contains(index) else {
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
