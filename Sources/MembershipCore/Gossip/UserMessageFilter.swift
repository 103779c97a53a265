import MembershipWire

/// Which user messages we have seen: per origin the highest sequence and a window of 64 below it.
struct UserMessageFilter: Sendable {
    private struct Window: Sendable {
        var highest: UInt64
        var seen: UInt64
    }

    private var windows: [NodeID: Window] = [:]
    private var sent: UInt64 = 0

    /// The life in the upper half, a counter in the lower: rises over restarts too.
    mutating func nextSequence(inLife incarnation: Incarnation) -> UInt64 {
        sent += 1
        return (incarnation.number & 0x7FFF_FFFF) << 32 | (sent & 0xFFFF_FFFF)
    }

    func isNew(_ sequence: UInt64, from origin: NodeID) -> Bool {
        guard let window = windows[origin] else { return true }
        if sequence > window.highest { return true }
        let age = window.highest - sequence
        return age < 64 && window.seen & (1 << age) == 0
    }

    mutating func note(_ sequence: UInt64, from origin: NodeID) {
        guard var window = windows[origin] else {
            windows[origin] = Window(highest: sequence, seen: 1)
            return
        }
        if sequence > window.highest {
            let step = sequence - window.highest
            window.seen = step < 64 ? window.seen << step | 1 : 1
            window.highest = sequence
        } else if window.highest - sequence < 64 {
            window.seen |= 1 << (window.highest - sequence)
        }
        windows[origin] = window
    }

    mutating func forget(_ origin: NodeID) { windows[origin] = nil }
}
