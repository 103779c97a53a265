/// A node's view at one moment: a value, which does not change when the cluster changes.
///
/// Two nodes whose view hashes are equal give equal answers to all questions below.
public struct ClusterView: Hashable, Sendable {
    /// All members that this node knows, itself included, also dead and left ones, sorted by name.
    public let members: [Member]
    /// Number of living members, of those in `heardFrom`, whose last view was ours; at most a
    /// second old.
    public let agreeing: Int
    /// Number of other living members that stated their view since ours last changed; at most a
    /// second old.
    public let heardFrom: Int

    package init(members: [Member], agreeing: Int, heardFrom: Int) {
        self.members = members
        self.agreeing = agreeing
        self.heardFrom = heardFrom
    }

    /// The alive and the suspect, this node included. A suspect may only be slow, and usually is.
    public var living: [Member] { members.filter(\.isLiving) }

    /// Whether at least one other member stated its view since ours last changed, and all that did
    /// agree. A node that is alone agrees with itself.
    public var isAgreed: Bool {
        agreeing >= heardFrom && (heardFrom > 0 || livingCount <= 1)
    }

    /// The member with this id, whatever its state. O(members).
    public subscript(id: NodeID) -> Member? { members.first { $0.id == id } }

    /// The living member with this name; names are unique among the living. O(members).
    public subscript(name: NodeAlias) -> Member? {
        members.first { $0.name == name && $0.isLiving }
    }

    var livingCount: Int { members.count(where: \.isLiving) }
}

// MARK: Placement

extension ClusterView {
    /// The members that own a key, first owner first: rendezvous hashing over the living.
    ///
    /// Nodes with equal views agree. If a member dies or leaves, only its keys move, evenly to all
    /// others; a new member takes an equal share from each. There is no state and no ring: a lookup
    /// costs a hash of the key and a few nanoseconds per member. Specs/Placement.md.
    ///
    /// While views differ, which is for about a second after a change, two nodes may name different
    /// owners of one key. A node that gets a request for a key it does not own should pass it on or
    /// refuse it.
    ///
    /// - Parameters:
    ///   - key: any bytes, such as `"user/42".utf8`.
    ///   - count: how many; if fewer satisfy the condition, fewer are returned.
    ///   - condition: must be the same on all nodes, and depend only on what members state: on
    ///     tags, not on round-trip times.
    public func owners(
        of key: some Sequence<UInt8>, count: Int = 1,
        where condition: (Member) -> Bool = { _ in true }
    ) -> [Member] {
        Rendezvous(key).owners(count: count, among: members, where: condition)
    }

    /// The number of living members with a smaller id: a number from 0 that no other living member
    /// has. nil unless the member is alive or suspect. O(members).
    ///
    /// For work that is split by number: "I am the third of seven". A change of members changes the
    /// numbers.
    public func position(of id: NodeID) -> Int? {
        guard self[id]?.isLiving == true else { return nil }
        return members.count { $0.isLiving && $0.id < id }
    }

    /// The living member with the smallest id: a hint for work that one member is enough for.
    ///
    /// It is a hint and not a lock. While views differ, two members may each believe to lead, and
    /// the two halves of a split network each have a leader as long as the split lasts. `quorum`
    /// solves the latter: with more than half of all members there ever are, at most one half has a
    /// leader. If something must never be done twice, it needs a consensus, which this library does
    /// not provide.
    ///
    /// - Parameters:
    ///   - quorum: if fewer living members than this satisfy the condition, nil is returned.
    ///   - condition: the members that may lead; the same on all nodes.
    public func leader(
        atLeast quorum: Int = 1, where condition: (Member) -> Bool = { _ in true }
    ) -> Member? {
        let candidates = members.filter { $0.isLiving && condition($0) }
        return candidates.count >= quorum ? candidates.min { $0.id < $1.id } : nil
    }
}
