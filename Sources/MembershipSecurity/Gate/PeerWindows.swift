/// The replay windows of all senders, in bounded memory.
///
/// Only a genuine frame makes an entry, so a stranger cannot fill the table; a member that makes up
/// boots can. When it is full, the place of a sender not heard lately is taken (second chance: a
/// hand goes round, and who was heard since its last visit is passed over once), and its greatest
/// sequence goes into `ReplayFloors`. When the evicted sender speaks again it starts above that
/// floor: it loses its tolerance for overtaking frames for a moment, and no replay is admitted.
///
/// Invariant: a sequence that was accepted from a boot is never admitted from that boot again.
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
    private var floors: ReplayFloors

    init(capacity: Int, keys: FrameKeys) {
        precondition(capacity > 0)
        self.capacity = capacity
        floors = ReplayFloors(keys: keys)
    }

    var count: Int { entries.count }

    /// Where the window of a sender is, for the two questions below; nil if it has none of its own.
    /// Good until the next `accept`.
    func place(of boot: BootID) -> Int? { places[boot] }

    /// Whether a frame of that sequence can be news. Changes nothing.
    func admits(_ sequence: UInt64, from boot: BootID, at place: Int?) -> Bool {
        guard let place else { return sequence > floors.floor(of: boot) }
        return entries[place].window.admits(sequence)
    }

    /// Remembers the sequence of a genuine frame.
    mutating func accept(_ sequence: UInt64, from boot: BootID, at place: Int?) {
        let place = place ?? makePlace(for: boot)
        entries[place].window.accept(sequence)
        entries[place].wasHeard = true
    }

    private mutating func makePlace(for boot: BootID) -> Int {
        let entry = Entry(
            boot: boot, window: ReplayWindow(floor: floors.floor(of: boot)), wasHeard: true)
        guard entries.count == capacity else {
            entries.append(entry)
            places[boot] = entries.count - 1
            return entries.count - 1
        }
        let place = evictOne()
        entries[place] = entry
        places[boot] = place
        return place
    }

    /// Frees the place of a sender not heard since the hand last passed: two rounds at most.
    private mutating func evictOne() -> Int {
        while entries[hand].wasHeard {
            entries[hand].wasHeard = false
            hand = (hand + 1) % capacity
        }
        let place = hand
        hand = (hand + 1) % capacity
        places[entries[place].boot] = nil
        floors.raise(entries[place].boot, to: entries[place].window.highest)
        return place
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
