import Testing

@testable import MembershipSecurity

struct BootAgeTests {
    @Test func `a boot key is used for a day`() {
        let age = BootAge(beginningAt: .seconds(100), GateCounters())
        #expect(!age.isOver(at: .seconds(100 + 86_399), GateCounters()))
        #expect(age.isOver(at: .seconds(100 + 86_400), GateCounters()))
    }

    @Test func `so many frames sealed or tags failed end it, counted from its beginning`() {
        var counters = GateCounters()
        counters.add(sealed: BootAge.mostSealed, failedTags: BootAge.mostFailedTags)
        let age = BootAge(beginningAt: .zero, counters)
        #expect(!age.isOver(at: .zero, counters))
        var sealed = counters
        sealed.add(sealed: BootAge.mostSealed - 1)
        #expect(!age.isOver(at: .zero, sealed))
        sealed.add(sealed: 1)
        #expect(age.isOver(at: .zero, sealed))
        var failed = counters
        failed.add(failedTags: BootAge.mostFailedTags - 1)
        #expect(!age.isOver(at: .zero, failed))
        failed.add(failedTags: 1)
        #expect(age.isOver(at: .zero, failed))
    }

    @Test func `the next boot goes on counting and opens nothing of the one before`() throws {
        var former = makeGateOfB()
        #expect(former.receive(Golden.frame).isOpened)
        var next = FrameGate(succeeding: former, boot: Golden.c.boot)
        #expect(next.counters.opened == 1)
        #expect(next.receive(ForgedFrame(sequence: 2)) == .refused(.mac))
        #expect(next.receive(ForgedFrame(target: Golden.c.boot, sequence: 2)).isOpened)
        #expect(former.receive(ForgedFrame(sequence: 2)).isOpened)
    }

    @Test func `the next boot has room for as many peers`() {
        var next = FrameGate(succeeding: makeGateOfB(), boot: Golden.b.boot)
        for sequence in [10, 9] as [UInt64] {
            for maker in [Golden.a, Golden.c] {
                #expect(next.receive(ForgedFrame(maker: maker.boot, sequence: sequence)).isOpened)
            }
        }
        #expect(next.peerCount == 2)
    }
}
