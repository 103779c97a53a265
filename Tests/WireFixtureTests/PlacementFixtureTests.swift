import MembershipSecurity
import MembershipWire
import Testing

@testable import Membership

struct PlacementFixtureTests {
    private struct Case: FixtureCase {
        let id: String
        let key: String
        let members: [String]
        let count: Int
        let place: String
        let owners: [String]
        let scores: [String]
        let result: String
        let reason: String
    }

    @Test func `keys are owned by the members that the fixtures say`() throws {
        let file = try FixtureFile<Case>("placement")
        for one in file.cases {
            let key = bytes(one.key)
            let view = ClusterView(
                members: one.members.map { Member(alive: NodeID(number($0))) }, agreeing: 0,
                heardFrom: 0)
            let owners = view.owners(of: key, count: one.count).map(\.id)
            let place = hexadecimal(KeyPlace.number(of: key), digits: 16)
            let scores = owners.map { hexadecimal(Rendezvous(key).score(of: $0), digits: 16) }
            #expect(place == one.place, "\(one.id)")
            #expect(owners.map(\.description) == one.owners, "\(one.id)")
            #expect(scores == one.scores, "\(one.id)")
            WrittenBySwift.reproduced(
                file.name, one.id, [("place", place)],
                lists: [("owners", owners.map(\.description)), ("scores", scores)])
        }
    }
}

extension Member {
    /// Of whom only the id matters.
    fileprivate init(alive id: NodeID) {
        self.init(
            id: id, name: NodeAlias(id), state: .alive,
            endpoint: Endpoint(.v4(0x7F00_0001), port: 1), incarnation: .first, metadata: [],
            isSelf: false, roundTripTime: nil, timeInState: .zero, reason: nil)
    }
}
