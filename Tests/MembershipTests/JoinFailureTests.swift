import Membership
import MembershipWire
import Testing

@Suite struct JoinFailureTests {
    /// From the failure that tells least to the one that tells most.
    private static let ranks: [[JoinFailure]] = [
        [.unreachable(errno: 101)], [.timedOut], [.connectionRefused], [.hostNotFound],
        [.selfJoin], [.protocolViolation], [.busy, .leaving],
        [
            .unknownKey, .retiredKey, .wrongCluster, .version,
            .nameTaken(by: NodeID(1), at: Endpoint(.v4(0x7F00_0001), port: 2254)),
        ],
    ]

    @Test func `of two failures the same one is reported in either order`() {
        for (rank, less) in Self.ranks.enumerated() {
            for more in Self.ranks[(rank + 1)...].joined() {
                for failure in less {
                    #expect([failure, more].mostTelling(by: \.self) == more)
                    #expect([more, failure].mostTelling(by: \.self) == more)
                }
            }
        }
    }

    @Test func `of failures that tell as much the first is reported`() {
        for rank in Self.ranks {
            #expect(rank.mostTelling(by: \.self) == rank.first)
            #expect(rank.reversed().mostTelling(by: \.self) == rank.last)
        }
        #expect([JoinFailure]().mostTelling(by: \.self) == nil)
    }
}
