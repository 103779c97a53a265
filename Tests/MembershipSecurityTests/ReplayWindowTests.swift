import MembershipWire
import Testing

@testable import MembershipSecurity

struct ReplayWindowTests {
    @Test func `sequence zero is never admitted`() {
        #expect(!ReplayWindow(floor: 0).admits(0))
    }

    @Test func `a sequence is admitted once`() {
        var window = ReplayWindow(floor: 0)
        for sequence in [1, 2, 5, 4, 3] as [UInt64] {
            #expect(window.admits(sequence))
            window.accept(sequence)
            #expect(!window.admits(sequence))
        }
    }

    @Test func `the last 128 are told apart and what is older counts as seen`() {
        var window = ReplayWindow(floor: 0)
        window.accept(1_000)
        #expect(window.admits(873))
        #expect(!window.admits(872))
        window.accept(873)
        #expect(!window.admits(873))
        #expect(window.admits(874))
        window.accept(1_001)
        #expect(!window.admits(873))
        #expect(window.admits(874))
    }

    @Test(arguments: [127, 128, 129, 1 << 40, UInt64.max - 1])
    func `a leap forgets nothing that still matters`(leap: UInt64) {
        var window = ReplayWindow(floor: 0)
        window.accept(1)
        window.accept(1 + leap)
        #expect(!window.admits(1))
        #expect(!window.admits(1 + leap))
        #expect(window.admits(leap))
    }

    @Test func `the greatest sequence can be accepted`() {
        var window = ReplayWindow(floor: 0)
        window.accept(.max)
        #expect(!window.admits(.max))
        #expect(window.admits(.max - 127))
        #expect(!window.admits(.max - 128))
    }

    @Test func `a floor counts everything up to it as seen`() {
        let window = ReplayWindow(floor: 500)
        #expect(!window.admits(500))
        #expect(!window.admits(1))
        #expect(window.admits(501))
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `it agrees with a set that remembers everything`(seed: UInt64) {
        var numbers = Numbers(seed: seed)
        var window = ReplayWindow(floor: 0)
        var seen: Set<UInt64> = []
        var highest: UInt64 = 0
        for _ in 0..<5_000 {
            let step = UInt64(numbers.next(below: numbers.next(below: 50) == 0 ? 400 : 150))
            let sequence = highest + 5 > step ? highest + 5 - step : 1
            let isNew = sequence > 0 && !seen.contains(sequence) && sequence + 128 > highest
            #expect(window.admits(sequence) == isNew, "seed \(seed), sequence \(sequence)")
            guard isNew else { continue }
            window.accept(sequence)
            seen.insert(sequence)
            highest = max(highest, sequence)
        }
    }
}

struct PeerWindowsTests {
    private func makeWindows(capacity: Int) -> PeerWindows {
        PeerWindows(
            capacity: capacity, floors: ReplayFloors(keys: Golden.secrets.primary))
    }

    @Test func `each sender has its own sequences`() {
        var windows = makeWindows(capacity: 4)
        windows.accept(5, from: BootID(1))
        #expect(!windows.admits(5, from: BootID(1)))
        #expect(windows.admits(5, from: BootID(2)))
    }

    @Test func `asking makes no entry`() {
        let windows = makeWindows(capacity: 4)
        #expect(windows.admits(5, from: BootID(1)))
        #expect(windows.count == 0)
    }

    @Test func `no replay is admitted however many senders come and go`() {
        var windows = makeWindows(capacity: 8)
        var highest: [UInt64: UInt64] = [:]
        var numbers = Numbers(seed: 11)
        var replays = 0
        for _ in 0..<2_000 {
            let boot = UInt64(numbers.next(below: 40))
            let sequence = UInt64(1 + numbers.next(below: 10_000))
            if windows.admits(sequence, from: BootID(boot)) {
                windows.accept(sequence, from: BootID(boot))
                highest[boot] = max(highest[boot] ?? 0, sequence)
            }
            replays += highest.count { windows.admits($1, from: BootID($0)) }
        }
        #expect(replays == 0)
        #expect(windows.count == 8)
    }

    @Test func `an evicted sender is heard again above what it had sent`() {
        var windows = makeWindows(capacity: 1)
        windows.accept(100, from: BootID(1))
        windows.accept(1, from: BootID(2))
        #expect(!windows.admits(99, from: BootID(1)))
        #expect(!windows.admits(100, from: BootID(1)))
        #expect(windows.admits(101, from: BootID(1)))
    }

    @Test func `who was heard lately stays when room is made`() {
        var windows = makeWindows(capacity: 3)
        for boot in 1...3 { windows.accept(10, from: BootID(UInt64(boot))) }
        // The fourth sends the hand round once and takes the first place.
        windows.accept(10, from: BootID(4))
        windows.accept(11, from: BootID(2))
        // The hand now stands at 2, which was heard since: 3 has to go.
        windows.accept(10, from: BootID(5))
        #expect(windows.admits(9, from: BootID(2)), "still has a window")
        #expect(!windows.admits(9, from: BootID(3)), "has a floor only")
    }

    @Test func `newcomers are hardly ever taken for someone evicted`() {
        var windows = makeWindows(capacity: 1)
        for boot in 1...1_001 { windows.accept(.max, from: BootID(UInt64(boot) &* 0x9E37_79B9)) }
        let refused = (1...10_000).filter { !windows.admits(1, from: BootID(UInt64($0) << 40)) }
        #expect(refused.count <= 3)
    }
}

struct `Boots that no record names any more` {
    @Test func `leave no floor behind, however many one member makes up`() {
        var windows = PeerWindows(
            capacity: 64, floors: ReplayFloors(keys: Golden.secrets.primary))
        var named: Set<BootID> = []
        var forgotten = 0
        // One member renews its boot: its record names the newest only.
        for number in 1...200_000 as ClosedRange<UInt64> {
            let boot = BootID(number &* 0x9E37_79B9_7F4A_7C15)
            named = [boot]
            let place = windows.place(of: boot)
            let gone = windows.accept(.max, from: boot, at: place) { named.contains($0) }
            if gone != nil { forgotten += 1 }
        }
        #expect(forgotten == 200_000 - 64)
        let refused = (1...10_000 as ClosedRange<UInt64>).filter {
            !windows.admits(1, from: BootID($0 << 40))
        }
        #expect(refused.isEmpty, "newcomers are heard")
    }

    @Test func `go before a boot that a record names`() {
        var windows = PeerWindows(
            capacity: 3, floors: ReplayFloors(keys: Golden.secrets.primary))
        for boot in 1...3 { windows.accept(10, from: BootID(UInt64(boot))) }
        let gone = windows.accept(10, from: BootID(4), at: nil) { $0 != BootID(3) }
        #expect(gone == BootID(3))
        #expect(windows.admits(9, from: BootID(1)), "still has a window")
        #expect(windows.admits(1, from: BootID(3)), "has neither window nor floor")
    }

    @Test func `first contact keeps no floors at all`() {
        var windows = PeerWindows(capacity: 1, floors: nil)
        for boot in 1...1_001 { windows.accept(.max, from: BootID(UInt64(boot) &* 0x9E37_79B9)) }
        let refused = (1...10_000).filter { !windows.admits(1, from: BootID(UInt64($0) << 40)) }
        #expect(refused.isEmpty)
    }
}

extension PeerWindows {
    func admits(_ sequence: UInt64, from boot: BootID) -> Bool {
        admits(sequence, from: boot, at: place(of: boot))
    }

    mutating func accept(_ sequence: UInt64, from boot: BootID) {
        _ = accept(sequence, from: boot, at: place(of: boot)) { _ in true }
    }
}
