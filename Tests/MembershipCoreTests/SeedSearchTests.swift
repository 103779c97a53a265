import MembershipWire
import Testing

@testable import MembershipCore

@Suite struct SeedSearchTests {
    private let own = Endpoint(.v4(0x0A00_0001), port: 2254)
    private var random = RandomSource(seed: 1)

    private static func address(_ number: Int) -> Endpoint {
        Endpoint(.v4(0x0A00_0001 + UInt32(number)), port: 2254)
    }

    private func address(_ number: Int) -> Endpoint { Self.address(number) }

    private mutating func calls(
        _ search: inout SeedSearch, _ seeds: Range<Int>, living: [Int] = []
    ) -> [Endpoint] {
        search.calls(
            to: seeds.map(address), own: own,
            living: living.map { (id: NodeID(UInt64($0)), endpoint: address($0)) }, by: &random)
    }

    @Test mutating func `a look calls three of those that do not live, and oneself never`() {
        var search = SeedSearch(.lan, refresh: .seconds(15))
        for _ in 0..<50 {
            let called = calls(&search, 0..<10, living: [1, 2, 3])
            #expect(Set(called).count == 3)
            #expect(called.allSatisfy { (4..<10).map(address).contains($0) })
        }
        #expect(calls(&search, 0..<3).count == 2)
        #expect(calls(&search, 0..<4, living: [1, 2, 3]).isEmpty)
        #expect(calls(&search, 0..<0).isEmpty)
    }

    @Test mutating func `every seed that is missing has its turn`() {
        var search = SeedSearch(.lan, refresh: .seconds(15))
        var called: Set<Endpoint> = []
        for _ in 0..<200 { called.formUnion(calls(&search, 0..<20)) }
        #expect(called.count == 19)
    }

    @Test mutating func `one that answers under another address is not called while it lives`() {
        var search = SeedSearch(.lan, refresh: .seconds(15))
        search.joined(NodeID(9), at: address(1))
        #expect(calls(&search, 1..<2, living: [9]).isEmpty)
        #expect(calls(&search, 1..<2) == [address(1)])
        search.metSelf(at: address(1))
        #expect(calls(&search, 1..<2).isEmpty)
        // What is no seed any more is forgotten.
        _ = calls(&search, 2..<3)
        #expect(calls(&search, 1..<2) == [address(1)])
    }

    @Test mutating func `of many addresses the first 256 count, each once`() {
        var search = SeedSearch(.lan, refresh: .seconds(15))
        var called: Set<Endpoint> = []
        for _ in 0..<2_000 { called.formUnion(calls(&search, 1..<1_000)) }
        #expect(called.isSubset(of: Set((1..<257).map(address))))
        #expect(called.count > 250)
        let same = search.calls(
            to: repeatElement(address(1), count: 5), own: own, living: [], by: &random)
        #expect(same == [address(1)])
    }

    @Test mutating func `looks become rare, and never rarer than the refresh`() {
        var search = SeedSearch(.lan, refresh: .seconds(15))
        var rests: [ClosedRange<Duration>] = []
        for _ in 0..<8 {
            _ = calls(&search, 1..<2)
            rests.append(search.rest())
        }
        #expect(rests[0] == .milliseconds(400) ... .milliseconds(600))
        #expect(rests[3] == .milliseconds(3_200) ... .milliseconds(4_800))
        #expect(rests[7] == .seconds(12) ... .seconds(18))
        // All there: the refresh, and after that soon again.
        _ = calls(&search, 1..<2, living: [1])
        #expect(search.rest() == .seconds(12) ... .seconds(18))
        _ = calls(&search, 1..<2)
        #expect(search.rest() == rests[0])
        search.becameAlone()
        search.metBusy()
        #expect(search.rest() == .milliseconds(50) ... .milliseconds(150))
        search.foundNone()
        #expect(search.rest() == rests[0])
    }
}
