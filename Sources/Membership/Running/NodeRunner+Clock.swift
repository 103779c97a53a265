internal import MembershipCore
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The wall clock for the core, which spreads probes evenly by it (Specs/Protocol.md, "Whom to
/// probe"). The core gets it at the start and every ten seconds, so that a change of the clock is
/// noticed. Such a change may also mean that this machine was away (`ClockWatch`).
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
