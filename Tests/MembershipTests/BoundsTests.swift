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

    @Test func `a network has few places, and its silent callers make room for its next ones`() {
        var door = Door()
        for _ in 0..<8 { expect(.admit(displacing: nil), door.open(to: stranger, at: start)) }
        expect(.admit(displacing: StreamID(1)), door.open(to: stranger, at: start))
        expect(.admit(displacing: nil), door.open(to: .v4(0x0A00_0006), at: start))
        // Two that have something to say are not put out for one that has said nothing yet.
        for caller in 2...9 { expect(true, door.sayHello(caller, at: start)) }
        expect(.sayBusy, door.open(to: stranger, at: start))
        door.admission.handshakeEnded(StreamID(2))
        expect(.admit(displacing: nil), door.open(to: stranger, at: start))
    }

    @Test func `an IPv6 network is a slash 64, of a 56, of a 48`() {
        var door = Door()
        func address(_ subnet: UInt64, _ host: UInt64) -> IPAddress {
            .v6(0x2001_0db8_0000_0000 | subnet, host)
        }
        var displaced = 0
        // 64 addresses of 64 subnets of one /56: it has no more than two customers would.
        for number in 0..<64 as Range<UInt64> {
            let now = start + .milliseconds(200 * Int(number))
            if case .admit(.some) = door.open(to: address(number, number), at: now) {
                displaced += 1
            }
        }
        #expect(displaced == 64 - 16)
        expect(
            .admit(displacing: nil),
            door.open(to: .v6(0x2001_0db9_0000_0000, 1), at: start + .seconds(20)))
    }

    @Test func `silent callers of sixteen networks and more do not keep a newcomer out`() {
        var door = Door { $0.connectionsPerSecond = 10_000 }
        for number in 0..<512 as Range<UInt32> {
            _ = door.open(to: .v4(0x0A00_0000 | number / 4), at: start)
        }
        guard case .admit = door.open(to: .v4(0x0B00_0001), at: start) else {
            Issue.record("a newcomer of a network of its own was not let in")
            return
        }
        // And it is not the next to go.
        let newcomer = door.callers
        expect(true, door.sayHello(Int(newcomer), at: start))
        for number in 0..<512 as Range<UInt32> {
            let verdict = door.open(to: .v4(0x0C00_0000 | number / 4), at: start)
            #expect(verdict != .admit(displacing: StreamID(newcomer)))
        }
    }

    @Test func `loopback may use half of the places`() {
        var door = Door { $0.connectionsPerSecond = 1_000 }
        for _ in 0..<64 {
            expect(.admit(displacing: nil), door.open(to: .v4(0x7F00_0001), at: start))
        }
        expect(
            .admit(displacing: StreamID(1)), door.open(to: .v4(0x7F00_0001), at: start))
        for number in 0..<64 as Range<UInt32> {
            expect(
                .admit(displacing: nil), door.open(to: .v4(0x0A00_0000 | number), at: start))
        }
    }

    @Test func `no more than 256 callers are listened to, however quick their handshakes`() {
        var door = Door {
            $0.connectionsPerSecond = 1_000
            $0.connectionsPerNetwork = 1_000
        }
        for number in 1...256 {
            expect(.admit(displacing: nil), door.open(to: stranger, at: start))
            door.admission.handshakeEnded(StreamID(UInt64(number)))
        }
        expect(.sayBusy, door.open(to: stranger, at: start))
        door.admission.ended(StreamID(7))
        expect(.admit(displacing: nil), door.open(to: stranger, at: start))
    }

    @Test func `a network that opens a thousand connections a second uses up its own share`() {
        var door = Door()
        var admitted = 0
        for millisecond in 0..<1_000 {
            let now = start + .milliseconds(millisecond)
            let verdict = door.open(to: stranger, at: now)
            if verdict != .drop { admitted += 1 }
            door.admission.ended(StreamID(door.callers))
            guard millisecond.isMultiple(of: 100) else { continue }
            let address = IPAddress.v4(0x0B00_0000 | UInt32(millisecond))
            expect(.admit(displacing: nil), door.open(to: address, at: now))
        }
        #expect((40...60).contains(admitted))
    }

    @Test func `addresses of members have a measure and places of their own`() {
        var door = Door { $0.unprovenPerNetwork = 1_000 }
        for number in 0..<4_000 as Range<UInt32> {
            _ = door.open(to: .v4(0x0A00_0000 | number), at: start)
        }
        expect(.drop, door.open(to: .v4(0x0B00_0001), at: start))
        guard case .admit = door.open(to: .v4(0x0B00_0001), isMember: true, at: start) else {
            Issue.record("a member was not let in")
            return
        }
    }

    @Test func `networks that use up what all may open leave room for those not heard lately`() {
        var door = Door()
        var refused = 0
        for millisecond in 0..<2_000 {
            let now = start + .milliseconds(millisecond)
            // Forty networks, each within its own measure.
            _ = door.open(to: .v4(0x0A00_0000 | UInt32(millisecond % 40)), at: now)
            door.admission.ended(StreamID(door.callers))
            guard millisecond >= 1_000, millisecond.isMultiple(of: 50) else { continue }
            let newcomer = IPAddress.v4(0x0B00_0000 | UInt32(millisecond))
            if door.open(to: newcomer, at: now) == .drop { refused += 1 }
        }
        #expect(refused == 0)
    }

    @Test func `a HELLO that was said before is a recording`() {
        var door = Door()
        expect(true, door.sayHello(1, key: 7, at: start))
        expect(false, door.sayHello(2, key: 7, at: start))
        expect(false, door.sayHello(3, key: 7, at: start + .seconds(29)))
        expect(true, door.sayHello(4, key: 8, at: start + .seconds(29)))
        expect(true, door.sayHello(5, key: 7, at: start + .seconds(90)))
    }

    @Test func `callers that are told why are themselves bounded`() {
        var door = Door {
            $0.inboundAtOnce = 0
            $0.rejectionsAtOnce = 1
        }
        expect(.sayBusy, door.open(to: stranger, at: start))
        expect(.drop, door.open(to: stranger, at: start))
        door.admission.rejectionEnded()
        expect(.sayBusy, door.open(to: stranger, at: start))
    }

    @Test func `a place is given back once, however often its end is told`() {
        var door = Door { $0.unprovenPerNetwork = 2 }
        expect(.admit(displacing: nil), door.open(to: stranger, at: start))
        expect(.admit(displacing: nil), door.open(to: stranger, at: start))
        for _ in 0..<3 { door.admission.handshakeEnded(StreamID(1)) }
        door.admission.ended(StreamID(1))
        door.admission.ended(StreamID(2_000))
        expect(.admit(displacing: nil), door.open(to: stranger, at: start))
        expect(.admit(displacing: StreamID(2)), door.open(to: stranger, at: start))
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

    @Test func `the peer list of a full table fits twice into a stream`() throws {
        let longest = try Self.longestEntry()
        #expect(longest == Bounds.entryBytes)
        let entries = Bounds.membersDefault + Bounds.tombstones
        #expect(2 * entries * Bounds.entryBytes <= Bounds.streamBytes)
        // A list announces its items; its bytes are measured by that as well.
        #expect(Bounds.entryBytes <= StreamLimits().bytesPerMember)
        #expect(entries * Bounds.entryBytes <= StreamLimits().inboundBytes)
        #expect(UInt32(2 * entries) <= Bounds.peerListItems)
    }

    /// FULL and DEAD of a member that says as much as a member can.
    private static func longestEntry() throws -> Int {
        let core = try MemberCore.make(
            identityKey: IdentityKey(Octets32(repeating: 1)),
            bootKey: BootKey(Octets32(repeating: 2)),
            endpoint: Endpoint(.v6(0x2001_0db8_0000_0000, 1), port: 2_254),
            alias: NodeAlias(parsing: String(repeating: "n", count: 63)),
            metadata: [UInt8](repeating: 3, count: Bounds.metadataBytes))
        let signature = Signature(Octets64())
        let full = Item.full(
            FullStatement(
                core: core, incarnation: .first, standing: .alive, signature: signature))
        let accusation = DeadStatement.Accusation(
            accuser: NodeID(1), signature: signature)
        let dead = Item.dead(
            DeadStatement(
                target: NodeID(1), corePrefix: 1, incarnation: .first,
                accusations: Array(repeating: accusation, count: Bounds.accusersInDead)))
        // Extensions that this version does not know are kept and passed on.
        let unsaid = MemberCore.byteCounts.upperBound - core.bytes.count
        return full.byteCount + unsaid + dead.byteCount
    }

    @Test func `all inbound streams together bring no more than one may, and the greatest ends`() {
        var memory = StreamMemory(limit: 1_000, favour: 4)
        expect([], memory.receive(600, on: 1))
        expect([], memory.receive(300, on: 3, isFavoured: true))
        expect([], memory.receive(100, on: 5))
        #expect(memory.total == 1_000)
        expect([StreamID(1)], memory.receive(1, on: 7))
        #expect(memory.total == 401)
        // The bytes of a favoured stream count for a quarter.
        expect([], memory.receive(90, on: 3, isFavoured: true))
        expect([], memory.receive(390, on: 9, isFavoured: true))
        expect([], memory.receive(119, on: 11, isFavoured: true))
        expect([StreamID(5)], memory.receive(1, on: 11, isFavoured: true))
        expect([StreamID(13)], memory.receive(5_000, on: 13, isFavoured: true))
        expect(390, memory.ended(StreamID(9)))
        #expect(memory.total == 511)
    }

    @Test func `a stream from the address of a member does not keep out newcomers`() {
        let limits = StreamLimits()
        var memory = StreamMemory(limit: limits.inboundBytes, favour: limits.favourOfMembers)
        expect([], memory.receive(limits.inboundBytes - 800, on: 1, isFavoured: true))
        expect([StreamID(1)], memory.receive(1_000, on: 3))
        expect(1_000, memory.ended(StreamID(3)))
        // Nor do many of them.
        for number in 0..<64 as Range<UInt64> {
            let bytes = limits.inboundBytes / 64 - 10
            expect([], memory.receive(bytes, on: 101 + 2 * number, isFavoured: true))
        }
        expect([StreamID(101)], memory.receive(2_000, on: 5))
    }

    @Test func `syncs that this node has opened end before the longest list of a join does`() {
        let limits = StreamLimits()
        var memory = StreamMemory(limit: limits.ownBytes, favour: limits.favourOfJoins)
        let longest = (Bounds.membersDefault + Bounds.tombstones) * Bounds.entryBytes
        var syncs = (0..<8).map { UInt64(4 + 2 * $0) }
        var next: UInt64 = 20
        for _ in 0..<100 {
            let pushed = memory.receive(longest / 100 + 1, on: 2, isFavoured: true)
            #expect(!pushed.contains(StreamID(2)))
            for place in syncs.indices {
                let ended = memory.receive(1 << 20, on: syncs[place])
                #expect(!ended.contains(StreamID(2)))
                for stream in ended {
                    syncs[syncs.firstIndex { StreamID($0) == stream } ?? place] = next
                    next += 2
                }
            }
        }
        #expect(next > 20)
    }

    @Test func `one wide network makes no entries for its parts when it has used up its rate`() {
        var door = Door { $0.unprovenPerNetwork = 10_000 }
        for part in 0..<5_000 as Range<UInt64> {
            _ = door.open(to: .v6(0x2001_0db8_0001_0000 + part, 1), at: start)
        }
        // An address of another network has a separate rate.
        let verdicts = (0..<41).map { _ in door.open(to: stranger, at: start) }
        #expect(verdicts.filter { $0 == .drop }.count == 1)
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

extension StreamMemory {
    fileprivate mutating func receive(
        _ bytes: Int, on stream: UInt64, isFavoured: Bool = false
    ) -> [StreamID] {
        received(bytes, on: StreamID(stream), isFavoured: isFavoured)
    }
}

/// An admission whose callers are numbered from 1.
private struct Door {
    var admission: InboundAdmission
    private(set) var callers: UInt64 = 0

    init(_ change: (inout StreamLimits) -> Void = { _ in }) {
        var limits = StreamLimits()
        change(&limits)
        admission = InboundAdmission(limits: limits)
    }

    mutating func open(
        to address: IPAddress, isMember: Bool = false, at now: ClusterInstant
    ) -> InboundAdmission.Verdict {
        callers += 1
        return admission.admit(StreamID(callers), from: address, isMember: isMember, at: now)
    }

    mutating func sayHello(_ caller: Int, key: UInt8? = nil, at now: ClusterInstant) -> Bool {
        admission.showHello(
            StreamID(UInt64(caller)),
            ephemeral: Octets32(repeating: key ?? UInt8(truncatingIfNeeded: caller)), at: now)
    }
}

/// Compares what a mutating call returned: the macro itself cannot make such a call.
private func expect<Value: Equatable>(
    _ expected: Value, _ found: Value, at location: SourceLocation = #_sourceLocation
) {
    #expect(found == expected, sourceLocation: location)
}
