/// The frames of one sender that have been seen, in 24 bytes.
///
/// Datagrams may overtake each other, so "greater than the last" would be too strict, and
/// remembering every sequence too expensive. The window remembers the greatest one and the 128 up
/// to it; older ones count as seen. RFC 6479 describes the idea, RFC 4303 section 3.4.3 its use:
/// *check* before the frame is opened, *accept* only after its tag proved right, so that a forger
/// cannot move the window.
///
/// Invariant: once accepted, a sequence is never admitted again.
struct ReplayWindow: Equatable, Sendable {
    static let size: UInt64 = 128

    /// The greatest sequence accepted. Everything up to `highest - size` counts as seen.
    private(set) var highest: UInt64
    /// Bit n: whether `highest - n` has been seen.
    private var seen: UInt128

    /// Counts everything up to and including `floor` as seen. Floor 0 excludes no real frame.
    init(floor: UInt64) {
        highest = floor
        seen = .max
    }

    func admits(_ sequence: UInt64) -> Bool {
        if sequence > highest { return true }
        let age = highest - sequence
        return age < Self.size && seen & (1 << UInt128(age)) == 0
    }

    /// Remembers a sequence that was admitted and whose frame proved genuine.
    mutating func accept(_ sequence: UInt64) {
        if sequence > highest {
            // Shifting by 128 or more leaves zero: everything between was skipped and is now too
            // old.
            seen = seen << UInt128(sequence - highest)
            highest = sequence
        }
        let age = highest - sequence
        guard age < Self.size else { return }
        seen |= 1 << UInt128(age)
    }
}
