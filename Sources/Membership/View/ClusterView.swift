/// What this node believes at one moment: a value, which stays as it is when the cluster changes.
///
/// Two nodes whose view hashes are equal give equal answers to all questions below.
public struct ClusterView: Hashable, Sendable {
    /// All that this node knows, itself included, dead and left ones too, sorted by name.
    public let members: [Member]
    /// Living members, of those in `heardFrom`, whose last view was ours; as of a second ago at most.
    public let agreeing: Int
    /// Living members other than this one that told their view since ours last changed; as of a second
    /// ago at most.
    public let heardFrom: Int

    package init(members: [Member], agreeing: Int, heardFrom: Int) {
        self.members = members
        self.agreeing = agreeing
        self.heardFrom = heardFrom
    }

    /// The alive and the suspect, this node included: a suspect may only be slow, and usually is.
    public var living: [Member] { members.filter(\.isLiving) }

    /// Whether at least one other member told its view since ours last changed, and all that did
    /// agree. A node that is alone agrees with itself.
    public var isAgreed: Bool {
        agreeing >= heardFrom && (heardFrom > 0 || livingCount <= 1)
    }

    /// The member of this id, whatever its state. O(members).
    public subscript(id: NodeID) -> Member? { members.first { $0.id == id } }

    /// The living member of this name; names are unique among the living. O(members).
    public subscript(name: NodeAlias) -> Member? {
        members.first { $0.name == name && $0.isLiving }
    }

    var livingCount: Int { members.count(where: \.isLiving) }
}

// MARK: Placement

extension ClusterView {
    /// The members that own a key, first owner first: rendezvous hashing over the living.
    ///
    /// Nodes with equal views agree. When a member dies or leaves, its keys alone move, evenly to all
    /// others; when one comes, it takes an equal share from each. There is no state and no ring: a look
    /// costs a hash of the key and some nanoseconds a member. Specs/Placement.md.
    ///
    /// While views differ, which is for a second or so after a change, two nodes may name different
    /// owners of one key: whoever is asked for what it does not own should pass it on or refuse.
    ///
    /// - Parameters:
    ///   - key: any bytes, such as `"user/42".utf8`.
    ///   - count: how many; where fewer satisfy the condition, fewer are returned.
    ///   - condition: must be the same on all nodes, and depend on what members state only: on tags,
    ///     not on round-trip times.
    public func owners(
        of key: some Sequence<UInt8>, count: Int = 1,
        where condition: (Member) -> Bool = { _ in true }
    ) -> [Member] {
        Rendezvous(key).owners(count: count, among: members, where: condition)
    }

    /// How many living members have a smaller id, which is a number from 0 that no other living member
    /// has; nil unless the member is alive or suspect. O(members).
    ///
    /// For work that is split by number: "I am the third of seven". A change of members renumbers.
    public func position(of id: NodeID) -> Int? {
        guard self[id]?.isLiving == true else { return nil }
        return members.count { $0.isLiving && $0.id < id }
    }

    /// The living member with the smallest id: a hint about who should do what one is enough for.
    ///
    /// It is a hint and not a lock. While views differ two members may each believe to lead, and the
    /// two halves of a split network each have a leader for as long as the split lasts. `quorum` is the
    /// remedy for the latter: with more than half of all members there ever are, at most one half has
    /// a leader. Whatever must never be done twice needs a consensus, which this library is not.
    ///
    /// - Parameters:
    ///   - quorum: nil is returned where fewer living members than this satisfy the condition.
    ///   - condition: who may lead; the same on all nodes.
    public func leader(
        atLeast quorum: Int = 1, where condition: (Member) -> Bool = { _ in true }
    ) -> Member? {
        let candidates = members.filter { $0.isLiving && condition($0) }
        return candidates.count >= quorum ? candidates.min { $0.id < $1.id } : nil
    }
}
