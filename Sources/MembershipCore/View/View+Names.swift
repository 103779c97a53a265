import MembershipWire

extension View {
    /// The effect of a change of one record on names that several members state: see `NameClaims`.
    enum NameNews: Sendable {
        /// This member is shown by another name now.
        case isShownOtherwise(NodeID)
        /// `by` states a name that `bearer` came to first.
        case isContested(bearer: MemberRecord, by: MemberRecord)
    }

    /// The bearers of the name that a member states, and of the one that it stated until now.
    func bearers(around record: MemberRecord, after old: MemberRecord?) -> [MemberRecord] {
        let earlier = old.flatMap { $0.alias == record.alias ? nil : table.bearer(of: $0.alias) }
        return [earlier, table.bearer(of: record.alias)].compactMap(\.self)
    }

    /// After a change of `record`: a name that it states and another bears, and members that are
    /// shown otherwise now.
    func nameNews(
        of record: MemberRecord, after old: MemberTable.Entry?, _ bearersBefore: [MemberRecord]
    ) -> [NameNews] {
        guard table.hasContestedNames else { return [] }
        var news: [NameNews] = []
        let bearersNow = bearers(around: record, after: old?.record)
        for bearer in bearersBefore + bearersNow where bearer.id != record.id {
            let bore = bearersBefore.contains { $0.id == bearer.id }
            let bears = bearersNow.contains { $0.id == bearer.id }
            guard bore != bears, table[bearer.id]?.state == .alive else { continue }
            news.append(.isShownOtherwise(bearer.id))
        }
        let isNews =
            old?.state.isLiving != true || old?.record.alias != record.alias
        guard isNews, let entry = table[record.id], entry.state.isLiving else { return news }
        if let bearer = table.bearer(of: record.alias, before: record.id) {
            news.append(.isContested(bearer: bearer, by: record))
        } else {
            for loser in bearersBefore where loser.alias == record.alias && loser.id != record.id {
                news.append(.isContested(bearer: record, by: loser))
            }
        }
        return news
    }
}
