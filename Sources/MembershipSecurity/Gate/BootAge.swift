/// Decides when a boot key is renewed: after a day, or after so many frames that the security
/// margins of the cipher and its tags would become doubtful. Specs/Wire.md, section 2, "Renewal".
package struct BootAge: Sendable {
    package static let longest: Duration = .seconds(24 * 3_600)
    /// Frames that we sealed. With 24 bytes of nonce the cipher would allow far more.
    package static let mostSealed: UInt64 = 1 << 40
    /// Forgeries tried: each succeeds with a probability of about 2 to the -103 for frames of our
    /// size.
    package static let mostFailedTags: UInt64 = 1 << 36

    private let since: Duration
    private let sealedBefore: UInt64
    private let failedBefore: UInt64

    /// - Parameter counters: those of the gate that begins now.
    package init(beginningAt now: Duration, _ counters: GateCounters) {
        since = now
        sealedBefore = counters.sealed
        failedBefore = counters[.tag]
    }

    package func isOver(at now: Duration, _ counters: GateCounters) -> Bool {
        now - since >= Self.longest || counters.sealed &- sealedBefore >= Self.mostSealed
            || counters[.tag] &- failedBefore >= Self.mostFailedTags
    }
}
