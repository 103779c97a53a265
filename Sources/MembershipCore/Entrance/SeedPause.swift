/// How long to wait before asking an unreachable seed again.
///
/// The timer is the shell's. The rule is here because the real shell and the simulated one must keep the
/// same one.
///
/// One that is busy has room again as soon as others are done, so it is asked again soon: half a second
/// of patience would let most of a crowd wait where a seed is done with the first of them in 10 ms. Both
/// pauses double, so that a crowd of any size thins out by itself. Specs/Protocol.md, "Join".
package struct SeedPause: Hashable, Sendable {
    private var usual: Duration
    private var ofBusy: Duration
    private let firstOfBusy: Duration
    private let longest: Duration
    private let jitterPercent: Int
    private let busyJitterPercent: Int

    package init(_ configuration: CoreConfiguration) {
        usual = configuration.firstSeedPause
        ofBusy = configuration.firstBusySeedPause
        firstOfBusy = configuration.firstBusySeedPause
        longest = configuration.longestSeedPause
        jitterPercent = configuration.seedJitterPercent
        busyJitterPercent = configuration.busySeedJitterPercent
    }

    /// Draw the next pause from this: a fifth more or less; after "busy", half more or less.
    package mutating func next(isBusy: Bool = false) -> ClosedRange<Duration> {
        if isBusy {
            defer { ofBusy = min(ofBusy * 2, longest) }
            return Self.around(ofBusy, percent: busyJitterPercent)
        }
        defer { usual = min(usual * 2, longest) }
        ofBusy = firstOfBusy
        return Self.around(usual, percent: jitterPercent)
    }

    private static func around(_ pause: Duration, percent: Int) -> ClosedRange<Duration> {
        pause * (100 - percent) / 100...pause * (100 + percent) / 100
    }
}
