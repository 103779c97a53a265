import MembershipWire

/// The member that bears a name where several state it.
///
/// A record contains the name that its member chose, and no other member can forbid that name. Two
/// newcomers may meet different seeds at one moment, halves of a split may each take one in, and a
/// liar may take any name when it is inside. All such records are held, so that views agree. But a
/// name is shown of one living member only, and every node decides from its own memory which one:
/// **the member that came first**. A claim ends when its member leaves, when it takes another name,
/// and an hour after its death; not when it is suspected or declared dead for a moment. So no
/// member loses a name to one that came later, whatever that one signs.
///
/// Newcomers that appear within `race` of each other came at one moment, as far as any node can
/// tell: there the lower id comes first, at all nodes the same. Members from a peer list come in
/// the order of that list, which is the order of the seed's own memory.
struct NameClaims: Sendable {
    /// How news of a claim came.
    enum Arrival: Sendable {
        /// By gossip or sync, from a member that was unknown until now.
        case newcomer
        /// From a member that had another name until now.
        case renamed
        /// It was there before us: the order of the telling counts.
        case established
    }

    private struct Claim: Sendable {
        let member: NodeID
        let since: ClusterInstant
        let arrival: Arrival
    }

    private let race: Duration

    private var first: [NodeAlias: Claim] = [:]
    /// The claims after the first; hardly ever any. In order, never empty.
    private var later: [NodeAlias: [Claim]] = [:]

    init(race: Duration) { self.race = race }

    /// Whether any name is stated by more than one member.
    var areContested: Bool { !later.isEmpty }

    /// All who state a name, the first comer first.
    func claimants(of name: NodeAlias) -> [NodeID] {
        guard let first = first[name] else { return [] }
        return [first.member] + (later[name] ?? []).map(\.member)
    }

    /// Whether `member` is the first, and who else it may be, in order. Cheap where there is one only.
    func predecessors(of member: NodeID, under name: NodeAlias) -> [NodeID] {
        guard let first = first[name], first.member != member else { return [] }
        let others = (later[name] ?? []).lazy.map(\.member)
        return [first.member] + others.prefix { $0 != member }
    }

    /// Puts a claim behind those that came before it.
    mutating func add(
        _ member: NodeID, _ name: NodeAlias, _ arrival: Arrival, at now: ClusterInstant
    ) {
        let claim = Claim(member: member, since: now, arrival: arrival)
        guard let first = first[name] else { return self.first[name] = claim }
        var order = [first] + (later[name] ?? [])
        var place = order.count
        while place > 0, overtakes(claim, order[place - 1]) { place -= 1 }
        order.insert(claim, at: place)
        keep(order, under: name)
    }

    mutating func remove(_ member: NodeID, _ name: NodeAlias) {
        var order = [first[name]].compactMap(\.self) + (later[name] ?? [])
        order.removeAll { $0.member == member }
        keep(order, under: name)
    }

    /// Of two that came in one moment: a newcomer before who changed its name, then the lower id.
    private func overtakes(_ new: Claim, _ old: Claim) -> Bool {
        guard new.arrival != .established, old.arrival != .established, new.since - old.since < race
        else {
            return false
        }
        if new.arrival != old.arrival { return new.arrival == .newcomer }
        return new.member < old.member
    }

    private mutating func keep(_ order: [Claim], under name: NodeAlias) {
        first[name] = order.first
        later[name] = order.count > 1 ? Array(order.dropFirst()) : nil
    }
}
