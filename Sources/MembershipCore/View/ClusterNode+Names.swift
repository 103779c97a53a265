import MembershipWire

/// Telling who is called what, where a name is stated by several: see `NameClaims`.
extension ClusterNode {
    /// Who bears the name that a member states, and the one that it stated until now.
    func bearers(around record: MemberRecord, after old: MemberRecord?) -> [MemberRecord] {
        let earlier = old.flatMap { $0.alias == record.alias ? nil : table.bearer(of: $0.alias) }
        return [earlier, table.bearer(of: record.alias)].compactMap(\.self)
    }

    /// After a change of `record`: tells of a name that it states and another bears, and of members
    /// that are called otherwise now.
    mutating func noteNames(
        of record: MemberRecord, after old: MemberTable.Entry?, _ bearersBefore: [MemberRecord],
        in turn: inout Turn
    ) {
        guard table.hasContestedNames else { return }
        let bearersNow = bearers(around: record, after: old?.record)
        for bearer in bearersBefore + bearersNow where bearer.id != record.id {
            let bore = bearersBefore.contains { $0.id == bearer.id }
            let bears = bearersNow.contains { $0.id == bearer.id }
            guard bore != bears, table[bearer.id]?.state == .alive else { continue }
            notifyChange(.updated, of: bearer.id, in: &turn)
        }
        let isNews =
            old?.state.isLiving != true || old?.record.alias != record.alias
        guard isNews, let entry = table[record.id], entry.state.isLiving else { return }
        if let bearer = table.bearer(of: record.alias, before: record.id) {
            counters.count(.nameTaken)
            turn.effects.append(.notify(.nameContested(bearer: bearer, by: record)))
        } else {
            for loser in bearersBefore where loser.alias == record.alias && loser.id != record.id {
                counters.count(.nameTaken)
                turn.effects.append(.notify(.nameContested(bearer: record, by: loser)))
            }
        }
    }
}
