import MembershipWire

/// The events that a node waits for, each with the moment it has waited long enough.
///
/// One entry a purpose: setting it again moves it. The shell arms one timer for the earliest.
/// Finding the earliest is O(1); setting and cancelling move a few words in a sorted array, which
/// for the dozen entries of a calm node (and the thousands of a bad day) beats a heap.
package struct DeadlineTable: Sendable {
    enum Purpose: Hashable, Sendable {
        case period
        case probe(NodeID)
        case relay(UInt64)
        case suspicion(NodeID)
        case refutation
        case duplicate
        case rumors
        case sync
        case keys
        /// Another member's states differ from ours.
        case states
        /// A version is known that we lack.
        case stateFetch
        /// Our next version may be published.
        case ownState
        case join(UInt64)
        case leave
        case stream(StreamID)
        case statements
        case tombstones
        /// Which members are next in the circle.
        case lifelines
        /// Whether a member is gone.
        case check(NodeID)
        /// Verdicts of the last half second are shown to others.
        case showing
    }

    private struct Entry: Sendable {
        let instant: ClusterInstant
        /// Breaks ties by the order of setting, so that runs replay.
        let serial: UInt64
        let purpose: Purpose

        func precedes(_ other: Entry) -> Bool {
            (instant, serial) < (other.instant, other.serial)
        }
    }

    /// Latest first, so that the next one is popped from the end.
    private var sorted: [Entry] = []
    private var entries: [Purpose: Entry] = [:]
    private var serial: UInt64 = 0

    /// The earliest moment; nil where nothing is waited for.
    ///
    /// Kept, not computed: the shell looks at it after every datagram, and to call code of this module on a
    /// node that is a property of its own it would copy the node.
    package private(set) var next: ClusterInstant?

    func isSet(_ purpose: Purpose) -> Bool { entries[purpose] != nil }

    func instant(of purpose: Purpose) -> ClusterInstant? { entries[purpose]?.instant }

    mutating func set(_ purpose: Purpose, at instant: ClusterInstant) {
        cancel(purpose)
        serial += 1
        let entry = Entry(instant: instant, serial: serial, purpose: purpose)
        entries[purpose] = entry
        sorted.insert(entry, at: position(of: entry))
        next = sorted.last?.instant
    }

    /// Sets it unless it is set for an earlier moment already.
    mutating func setNoLater(_ purpose: Purpose, than instant: ClusterInstant) {
        if let current = entries[purpose], current.instant <= instant { return }
        set(purpose, at: instant)
    }

    mutating func cancel(_ purpose: Purpose) {
        guard let entry = entries.removeValue(forKey: purpose) else { return }
        let index = position(of: entry)
        if index < sorted.count, sorted[index].serial == entry.serial { sorted.remove(at: index) }
        next = sorted.last?.instant
    }

    mutating func removeAll() {
        sorted.removeAll()
        entries.removeAll()
        next = nil
    }

    /// Takes out the earliest entry if its moment has come.
    mutating func popDue(at now: ClusterInstant) -> (Purpose, due: ClusterInstant)? {
        guard let entry = sorted.last, entry.instant <= now else { return nil }
        sorted.removeLast()
        entries[entry.purpose] = nil
        next = sorted.last?.instant
        return (entry.purpose, entry.instant)
    }

    /// Where the entry stands, or belongs.
    private func position(of entry: Entry) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if entry.precedes(sorted[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
