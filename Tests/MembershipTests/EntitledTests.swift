import MembershipWire
import Testing

@testable import Membership

struct EntitledTests {
    @Test func `who is entitled is so until its time is over, the later of two`() {
        var entitled = Entitled()
        entitled.add([NodeID(1), NodeID(2)], until: 100, at: 0)
        entitled.add([NodeID(1)], until: 50, at: 0)
        entitled.add([NodeID(3)], until: 200, at: 10)
        #expect(entitled.contains(NodeID(1), at: 99))
        #expect(!entitled.contains(NodeID(1), at: 100))
        #expect(entitled.contains(NodeID(3), at: 199))
        #expect(!entitled.contains(NodeID(4), at: 0))
        // Those whose time is over make room.
        entitled.add([], until: 300, at: 100)
        #expect(entitled.deadlines == [NodeID(3): 200])
    }

    @Test func `of too many, those go whose time is over first`() {
        var entitled = Entitled()
        entitled.add((1...UInt64(Bounds.entitled)).lazy.map { NodeID($0) }, until: 100, at: 0)
        entitled.add([NodeID(0)], until: 200, at: 0)
        #expect(entitled.deadlines.count == Bounds.entitled)
        #expect(entitled.contains(NodeID(0), at: 0))
        #expect(!entitled.contains(NodeID(1), at: 0))
        #expect(entitled.contains(NodeID(2), at: 0))
    }
}
