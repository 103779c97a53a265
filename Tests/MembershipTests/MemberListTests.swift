import MembershipCore
import Testing

@testable import Membership

struct `A list of members in pieces` {
    private let start = ClusterInstant(nanoseconds: 1_000_000_000)

    private func row(
        _ id: UInt64, _ name: String, _ state: MemberState = .alive
    ) -> MemberList.Row {
        guard let alias = try? NodeAlias(parsing: name) else {
            preconditionFailure("\(name) is a legal name")
        }
        return MemberList.Row(
            member: Member(
                id: NodeID(id), name: alias, state: state, endpoint: .anyLoopbackPort,
                incarnation: .first, metadata: [], isSelf: false, roundTripTime: nil,
                timeInState: .zero, reason: nil),
            since: start)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `any order of changes gives the list that one sorting gives`(seed: UInt64) {
        var random = TestRandom(seed: seed)
        var listing = MemberIndex()
        var model: [NodeID: MemberList.Row] = [:]
        for step in 0..<4_000 {
            let id = random.next() % 900
            let isGone = random.next() % 8 == 0
            let state = MemberState.allCases[Int(random.next() % 4)]
            model[NodeID(id)] = isGone ? nil : row(id, "m\(random.next() % 700)", state)
            listing.noteChange(of: NodeID(id))
            if step % 3 == 0 { listing.update { model[$0] } }
        }
        listing.update { model[$0] }
        let expected = MemberList(Array(model.values))
        #expect(
            listing.list.members(at: start) == expected.members(at: start), "seed \(seed)")
        for state in MemberState.allCases {
            #expect(listing.list.count(state) == model.values.count { $0.member.state == state })
        }
    }

    @Test func `how long a member has been in its state is counted when somebody looks`() {
        let list = MemberList([row(1, "n1")])
        #expect(list.members(at: start + .seconds(7)).first?.timeInState == .seconds(7))
    }

    @Test func `only members that have answered are read again, at most so many at once`() {
        var listing = MemberIndex()
        listing.fill((0..<100).map { row($0, "m\($0)") })
        var read: [NodeID] = []
        func refresh() {
            listing.refreshAnswered(atMost: 2)
            listing.update {
                read.append($0)
                return row($0.value, "m\($0.value)")
            }
        }
        for id in [3, 7, 7, 9] as [UInt64] { listing.noteAnswer(of: NodeID(id)) }
        refresh()
        #expect(read.count == 2)
        refresh()
        refresh()
        #expect(read.sorted() == [NodeID(3), NodeID(7), NodeID(9)])
        #expect(!listing.isStale)
    }

    @Test func `a list that was published stays as it was`() {
        var listing = MemberIndex()
        listing.fill((0..<1_000).map { row($0, "m\($0)") })
        let before = listing.list
        listing.noteChange(of: NodeID(500))
        listing.update { _ in row(500, "m500", .dead) }
        #expect(before.count(.dead) == 0)
        #expect(listing.list.count(.dead) == 1)
        #expect(listing.list.count == 1_000)
    }
}

/// SplitMix64.
private struct TestRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
