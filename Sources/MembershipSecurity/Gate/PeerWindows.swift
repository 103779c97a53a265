/// The replay windows of all senders, in bounded memory.
///
/// Only a genuine frame makes an entry, so a stranger cannot fill the table; a member that invents
/// boots can. When the table is full, a boot that no record names loses its place: none of its
/// frames will be opened again, so nothing needs to be remembered. If there is no such boot, a
/// sender that was not heard recently loses its place (second chance: a hand goes round and skips a
/// sender once if it was heard since the last visit), and its greatest sequence goes into
/// `ReplayFloors`. When that sender is heard again, it starts above that floor: for a moment its
/// frames must come in order, and no replay is admitted.
///
/// Invariant: with floors, a sequence that was accepted from a boot is never admitted from that
/// boot again while a record names it. Without floors (suite 1) it may be admitted again once the
/// window of the boot was evicted. So a repeated frame of suite 1 must do no harm.
import MembershipWire

struct PeerWindows: Sendable {
    private struct Entry: Sendable {
        var boot: BootID
        var window: ReplayWindow
        var wasHeard: Bool
    }

    /// At most this many senders have a separate window.
    let capacity: Int
    private var entries: [Entry] = []
    private var places: [BootID: Int] = [:]
    private var hand = 0
    /// nil if a replay does no harm.
    private var floors: ReplayFloors?

    /// Number of places searched for a boot that no record names, before another is evicted.
    private static let looks = 64

    init(capacity: Int, floors: ReplayFloors?) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.floors = floors
    }

    var count: Int { entries.count }

    /// The place of a sender's window, for the next two functions; nil if it has none.
    /// Valid until the next `accept`.
    func place(of boot: BootID) -> Int? { places[boot] }

    /// Whether a frame with that sequence can be new. Changes nothing.
    func admits(_ sequence: UInt64, from boot: BootID, at place: Int?) -> Bool {
        guard let place else { return sequence > (floors?.floor(of: boot) ?? 0) }
        return entries[place].window.admits(sequence)
    }

    /// Remembers the sequence of a genuine frame. Returns a boot that was forgotten to make room.
    ///
    /// - Parameter isNamed: whether frames of a boot could still be opened.
    mutating func accept(
        _ sequence: UInt64, from boot: BootID, at place: Int?, isNamed: (BootID) -> Bool
    ) -> BootID? {
        if let place {
            note(sequence, at: place)
            return nil
        }
        let entry = Entry(
            boot: boot, window: ReplayWindow(floor: floors?.floor(of: boot) ?? 0), wasHeard: true)
        guard entries.count == capacity else {
            entries.append(entry)
            places[boot] = entries.count - 1
            note(sequence, at: entries.count - 1)
            return nil
        }
        let (free, forgotten) = makeRoom(isNamed)
        entries[free] = entry
        places[boot] = free
        note(sequence, at: free)
        return forgotten
    }

    private mutating func note(_ sequence: UInt64, at place: Int) {
        entries[place].window.accept(sequence)
        entries[place].wasHeard = true
    }

    /// A free place, and the boot that was removed from it without a trace, if any.
    private mutating func makeRoom(_ isNamed: (BootID) -> Bool) -> (place: Int, forgotten: BootID?)
    {
        guard floors != nil else { return (evictUnheard(), nil) }
        for step in 0..<min(Self.looks, capacity) {
            let place = (hand + step) % capacity
            let boot = entries[place].boot
            guard !isNamed(boot) else { continue }
            hand = (place + 1) % capacity
            places[boot] = nil
            return (place, boot)
        }
        let place = evictUnheard()
        floors?.raise(entries[place].boot, to: entries[place].window.highest)
        return (place, nil)
    }

    /// Frees the place of a sender not heard since the hand last passed: two rounds at most.
    private mutating func evictUnheard() -> Int {
        while entries[hand].wasHeard {
            entries[hand].wasHeard = false
            hand = (hand + 1) % capacity
        }
        defer { hand = (hand + 1) % capacity }
        places[entries[hand].boot] = nil
        return hand
    }
}

/// A sender has one window in each suite, so that first contact, which others can fake, does not move
/// the window of pairwise frames.
struct SuiteWindows: Sendable {
    var pairwise: PeerWindows
    /// Any key holder can fill this one for any boot.
    var cluster: PeerWindows

    subscript(suite: Suite) -> PeerWindows {
        _read {
            switch suite {
            case .pairwise: yield pairwise
            case .cluster: yield cluster
            }
        }
        _modify {
            switch suite {
            case .pairwise: yield &pairwise
            case .cluster: yield &cluster
            }
        }
    }
}
