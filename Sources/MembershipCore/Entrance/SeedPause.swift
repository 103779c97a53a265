/// How long to wait before asking an unreachable seed again.
///
/// The timer is the shell's. The rule is here because the real shell and the simulated one must keep the
/// same one.
///
/// One that is busy has room again as soon as others are done, so it is asked again soon: half a second
/// of patience would let most of a crowd wait where a seed is done with the first of them in 10 ms. Both
/// pauses double, so that a crowd of any size thins out by itself. Specs/Protocol.md, "Join".
package struct SeedPause: Hashable, Sendable {
    package static let first: Duration = .milliseconds(500)
    package static let firstOfBusy: Duration = .milliseconds(100)
    package static let longest: Duration = .seconds(30)

    private var usual = Self.first
    private var ofBusy = Self.firstOfBusy

    package init() {}

    /// Draw the next pause from this: a fifth more or less; after "busy", half more or less.
    package mutating func next(isBusy: Bool = false) -> ClosedRange<Duration> {
        if isBusy {
            defer { ofBusy = min(ofBusy * 2, Self.longest) }
            return ofBusy / 2...ofBusy * 3 / 2
        }
        defer { usual = min(usual * 2, Self.longest) }
        ofBusy = Self.firstOfBusy
        return usual * 4 / 5...usual * 6 / 5
    }
}
