/// The replay windows of all senders, in bounded memory.
///
/// Only a genuine frame makes an entry, so a stranger cannot fill the table; a member that makes up
/// boots can. When the table is full, the place of a boot that no record names any more is taken: none of
/// its frames will be opened again, so nothing needs to be remembered of it. Only where there is none,
/// the place of a sender not heard lately is taken (second chance: a hand goes round, and a sender that
/// was heard since its last visit is passed over once), and its greatest sequence goes into
/// `ReplayFloors`. When that sender speaks again it starts above that floor: it loses its tolerance for
/// overtaking frames for a moment, and no replay is admitted.
///
/// Invariant: with floors, a sequence that was accepted from a boot is never admitted from that boot
/// again while a record names it. Without (suite 1) it may be, once its window was evicted: then what a
/// frame says must do no harm when it is said again.
import MembershipWire

struct PeerWindows: Sendable {
    private struct Entry: Sendable {
        var boot: BootID
        var window: ReplayWindow
        var wasHeard: Bool
    }

    /// At most this many senders have a window of their own.
    let capacity: Int
    private var entries: [Entry] = []
    private var places: [BootID: Int] = [:]
    private var hand = 0
    /// nil where a replay does no harm.
    private var floors: ReplayFloors?

    /// How many places are looked at for a boot that no record names, before another one is taken.
    private static let looks = 64

    init(capacity: Int, floors: ReplayFloors?) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.floors = floors
    }

    var count: Int { entries.count }

    /// Where the window of a sender is, for the two questions below; nil if it has none of its own.
    /// Good until the next `accept`.
    func place(of boot: BootID) -> Int? { places[boot] }

    /// Whether a frame of that sequence can be news. Changes nothing.
    func admits(_ sequence: UInt64, from boot: BootID, at place: Int?) -> Bool {
        guard let place else { return sequence > (floors?.floor(of: boot) ?? 0) }
        return entries[place].window.admits(sequence)
    }

    /// Remembers the sequence of a genuine frame. Returns a boot that was forgotten for it.
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

    /// A place that is free now, and the boot that nothing is remembered of.
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

/// A sender has one window in each suite, so that first contact, which others can fake, moves nothing
/// for the frames of the pair.
struct SuiteWindows: Sendable {
    var pairwise: PeerWindows
    /// Any key holder can fill this one in the name of any boot.
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
