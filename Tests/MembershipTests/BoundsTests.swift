import MembershipCore
import MembershipWire
import Testing

@testable import Membership

struct `Draining before timers` {
    let start = ClusterInstant(nanoseconds: 1_000_000_000)

    @Test func `a timer runs at once when nothing waits`() {
        var drain = DrainBeforeTimer()
        expect(.run, drain.timerFired(queueIsEmpty: true, at: start))
        #expect(drain.patience == nil)
    }

    @Test func `a timer waits until a read has emptied the queue`() {
        var drain = DrainBeforeTimer()
        let limit = start + DrainBeforeTimer.longestWait
        expect(.wait(until: limit), drain.timerFired(queueIsEmpty: false, at: start))
        expect(false, drain.readCompleted(queueIsEmpty: false, at: start + .milliseconds(1)))
        expect(true, drain.readCompleted(queueIsEmpty: true, at: start + .milliseconds(2)))
        #expect(drain.patience == nil)
    }

    @Test func `a flood stops time for fifty milliseconds and no longer`() {
        var drain = DrainBeforeTimer()
        let limit = start + DrainBeforeTimer.longestWait
        expect(.wait(until: limit), drain.timerFired(queueIsEmpty: false, at: start))
        expect(.run, drain.timerFired(queueIsEmpty: false, at: limit))
    }

    @Test func `a read without a waiting timer runs nothing`() {
        var drain = DrainBeforeTimer()
        expect(false, drain.readCompleted(queueIsEmpty: true, at: start))
    }
}

struct `Bounds of streams` {
    let start = ClusterInstant(nanoseconds: 1_000_000_000)
    let stranger = IPAddress.v4(0x0A00_0005)

    @Test func `one network gets few places and others still get theirs`() {
        var admission = InboundAdmission(limits: StreamLimits())
        for _ in 0..<4 { expect(.admit, admission.admit(stranger, at: start)) }
        expect(.sayBusy, admission.admit(stranger, at: start))
        expect(.admit, admission.admit(.v4(0x0A00_0006), at: start))
        admission.handshakeEnded(stranger)
        expect(.admit, admission.admit(stranger, at: start))
    }

    @Test func `an IPv6 network is a slash 64`() {
        var admission = InboundAdmission(limits: StreamLimits())
        for host in 0..<4 {
            expect(.admit, admission.admit(.v6(0x2001 << 48, UInt64(host)), at: start))
        }
        expect(.sayBusy, admission.admit(.v6(0x2001 << 48, 99), at: start))
        expect(.admit, admission.admit(.v6(0x2002 << 48, 0), at: start))
    }

    @Test func `loopback may use all places but not more`() {
        var admission = InboundAdmission(limits: StreamLimits())
        for _ in 0..<64 { expect(.admit, admission.admit(.v4(0x7F00_0001), at: start)) }
        expect(.sayBusy, admission.admit(.v4(0x7F00_0001), at: start))
    }

    @Test func `no more than 256 callers are listened to, however quick their handshakes`() {
        var limits = StreamLimits()
        limits.connectionsPerSecond = 1_000
        var admission = InboundAdmission(limits: limits)
        for _ in 0..<256 {
            expect(.admit, admission.admit(stranger, at: start))
            admission.handshakeEnded(stranger)
        }
        expect(.sayBusy, admission.admit(stranger, at: start))
        admission.streamEnded()
        expect(.admit, admission.admit(stranger, at: start))
    }

    @Test func `connections above the rate are dropped until time has passed`() {
        var limits = StreamLimits()
        limits.connectionsPerSecond = 10
        var admission = InboundAdmission(limits: limits)
        for _ in 0..<10 { expect(.admit, admission.admit(.v4(0x7F00_0001), at: start)) }
        expect(.drop, admission.admit(.v4(0x7F00_0001), at: start))
        let later = start + .milliseconds(200)
        expect(.admit, admission.admit(.v4(0x7F00_0001), at: later))
        expect(.admit, admission.admit(.v4(0x7F00_0001), at: later))
        expect(.drop, admission.admit(.v4(0x7F00_0001), at: later))
    }

    @Test func `callers that are told why are themselves bounded`() {
        var limits = StreamLimits()
        limits.handshakesAtOnce = 0
        limits.rejectionsAtOnce = 1
        var admission = InboundAdmission(limits: limits)
        expect(.sayBusy, admission.admit(stranger, at: start))
        expect(.drop, admission.admit(stranger, at: start))
        admission.rejectionEnded()
        expect(.sayBusy, admission.admit(stranger, at: start))
    }

    @Test func `a peer list may be as long as it said at first`() {
        var budget = StreamBudget(StreamLimits(), openedAt: start, isPeerList: true)
        expect(true, budget.received(64 * 2_048))
        expect(false, budget.received(1))
        budget.announce(10)
        expect(true, budget.received(10 * 2_048 - 1))
        budget.announce(10_000)
        expect(false, budget.received(1))
    }

    @Test func `no stream brings more than 64 MiB, whatever it announces`() {
        var list = StreamBudget(StreamLimits(), openedAt: start, isPeerList: true)
        list.announce(.max)
        expect(true, list.received(64 << 20))
        expect(false, list.received(1))
        // What is no peer list announces nothing.
        var sync = StreamBudget(StreamLimits(), openedAt: start, isPeerList: false)
        expect(true, sync.received(64 << 20))
        expect(false, sync.received(1))
    }

    @Test func `a stream that trickles is too slow after its grace`() {
        var budget = StreamBudget(StreamLimits(), openedAt: start, isPeerList: false)
        #expect(!budget.isTooSlow(at: start + .seconds(5)))
        #expect(budget.isTooSlow(at: start + .seconds(6)))
        expect(true, budget.received(64 * 1_024))
        #expect(!budget.isTooSlow(at: start + .seconds(6)))
        budget.sent(60 << 20)
        #expect(!budget.isTooSlow(at: start + .seconds(29)))
        #expect(budget.isTooSlow(at: start + .seconds(30)))
    }
}

/// Compares what a mutating call returned: the macro itself cannot make such a call.
private func expect<Value: Equatable>(
    _ expected: Value, _ found: Value, at location: SourceLocation = #_sourceLocation
) {
    #expect(found == expected, sourceLocation: location)
}
