internal import MembershipCore
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What time it is by the wall: the core spreads probes evenly by it (Specs/Protocol.md, "Whom to
/// probe"). Told at the start and every ten seconds, so that a clock that is set is noticed; and then
/// it may be this machine that was away (`ClockWatch`).
extension NodeRunner {
    static let clockPeriod: TimeAmount = .seconds(10)

    func tellClock() {
        guard lifecycle != .stopped else { return }
        renewBootIfDue(at: .now())
        dropExpiredKeys()
        keepMembersIfNew()
        refreshRoundTrips()
        var time = timespec()
        if clock_gettime(CLOCK_REALTIME, &time) == 0 {
            let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(
                by: 1_000_000_000)
            if !overflow { feed(.clock(unixNanoseconds: seconds &+ Int64(time.tv_nsec))) }
        }
        let again = ClockTarget(runner: NIOLoopBound(self, eventLoop: loop))
        clockTimer = try? loop.scheduleCallback(in: Self.clockPeriod, handler: again)
    }
}

private struct ClockTarget: NIOScheduledCallbackHandler, Sendable {
    let runner: NIOLoopBound<NodeRunner>

    func handleScheduledCallback(eventLoop: some EventLoop) { runner.value.tellClock() }
}
