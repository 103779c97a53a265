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
        var door = Door()
        for _ in 0..<4 { expect(.admit, door.open(to: stranger, at: start)) }
        expect(.sayBusy, door.open(to: stranger, at: start))
        expect(.admit, door.open(to: .v4(0x0A00_0006), at: start))
        door.admission.handshakeEnded(StreamID(1))
        expect(.admit, door.open(to: stranger, at: start))
    }

    @Test func `an IPv6 network is a slash 64`() {
        var door = Door()
        for host in 0..<4 {
            expect(.admit, door.open(to: .v6(0x2001 << 48, UInt64(host)), at: start))
        }
        expect(.sayBusy, door.open(to: .v6(0x2001 << 48, 99), at: start))
        expect(.admit, door.open(to: .v6(0x2002 << 48, 0), at: start))
    }

    @Test func `loopback may use all places but not more`() {
        var door = Door()
        for _ in 0..<64 { expect(.admit, door.open(to: .v4(0x7F00_0001), at: start)) }
        expect(.sayBusy, door.open(to: .v4(0x7F00_0001), at: start))
    }

    @Test func `no more than 256 callers are listened to, however quick their handshakes`() {
        var door = Door { $0.connectionsPerSecond = 1_000 }
        for number in 1...256 {
            expect(.admit, door.open(to: stranger, at: start))
            door.admission.handshakeEnded(StreamID(UInt64(number)))
        }
        expect(.sayBusy, door.open(to: stranger, at: start))
        door.admission.ended(StreamID(7))
        expect(.admit, door.open(to: stranger, at: start))
    }

    @Test func `connections above the rate are dropped until time has passed`() {
        var door = Door { $0.connectionsPerSecond = 10 }
        for _ in 0..<10 { expect(.admit, door.open(to: .v4(0x7F00_0001), at: start)) }
        expect(.drop, door.open(to: .v4(0x7F00_0001), at: start))
        let later = start + .milliseconds(200)
        expect(.admit, door.open(to: .v4(0x7F00_0001), at: later))
        expect(.admit, door.open(to: .v4(0x7F00_0001), at: later))
        expect(.drop, door.open(to: .v4(0x7F00_0001), at: later))
    }

    @Test func `callers that are told why are themselves bounded`() {
        var door = Door {
            $0.handshakesAtOnce = 0
            $0.rejectionsAtOnce = 1
        }
        expect(.sayBusy, door.open(to: stranger, at: start))
        expect(.drop, door.open(to: stranger, at: start))
        door.admission.rejectionEnded()
        expect(.sayBusy, door.open(to: stranger, at: start))
    }

    @Test func `a place is given back once, however often its end is told`() {
        var door = Door { $0.handshakesAtOnce = 2 }
        expect(.admit, door.open(to: stranger, at: start))
        expect(.admit, door.open(to: stranger, at: start))
        for _ in 0..<3 { door.admission.handshakeEnded(StreamID(1)) }
        door.admission.ended(StreamID(1))
        door.admission.ended(StreamID(2_000))
        expect(.admit, door.open(to: stranger, at: start))
        expect(.sayBusy, door.open(to: stranger, at: start))
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

/// An admission whose callers are numbered from 1.
private struct Door {
    var admission: InboundAdmission
    private var callers: UInt64 = 0

    init(_ change: (inout StreamLimits) -> Void = { _ in }) {
        var limits = StreamLimits()
        change(&limits)
        admission = InboundAdmission(limits: limits)
    }

    mutating func open(
        to address: IPAddress, at now: ClusterInstant
    ) -> InboundAdmission.Verdict {
        callers += 1
        return admission.admit(StreamID(callers), from: address, at: now)
    }
}

/// Compares what a mutating call returned: the macro itself cannot make such a call.
private func expect<Value: Equatable>(
    _ expected: Value, _ found: Value, at location: SourceLocation = #_sourceLocation
) {
    #expect(found == expected, sourceLocation: location)
}
