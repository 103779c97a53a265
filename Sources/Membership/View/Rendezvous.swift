internal import MembershipCore
internal import MembershipSecurity
import MembershipWire

/// The members that own a key: those with the highest score for it.
///
/// Every member has a score for every key, made from the key and its own id alone. So nodes with
/// the same members agree on owners without communication. If a member goes, only its keys move:
/// each goes to the second highest score. (Thaler and Ravishankar, 1998.) Specs/Placement.md.
struct Rendezvous {
    private let place: UInt64

    init(_ key: some Sequence<UInt8>) { place = RecordHash.step(KeyPlace.number(of: key)) }

    /// Two members never have the same score: the mixing is a bijection.
    func score(of member: NodeID) -> UInt64 { RecordHash.step(place ^ member.value) }

    /// The best first, at most `count`. `isEligible` is called only if the score would suffice.
    func owners(
        count: Int, among members: [Member], where isEligible: (Member) -> Bool
    ) -> [Member] {
        guard count > 0 else { return [] }
        var best: [(score: UInt64, index: Int)] = []
        for index in members.indices where members[index].isLiving {
            let score = score(of: members[index].id)
            if best.count == count, let last = best.last, score < last.score { continue }
            guard isEligible(members[index]) else { continue }
            if best.count == count { best.removeLast() }
            let rank = best.firstIndex { $0.score < score } ?? best.endIndex
            best.insert((score, index), at: rank)
        }
        return best.map { members[$0.index] }
    }
}
