#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Notices that this machine missed part of the time that has passed: it slept, or it was restored
/// from a snapshot, perhaps for the second time. Two machines that were restored from one snapshot
/// hold the same keys and would use the same nonces.
///
/// Linux does not report a restore to processes. But the clocks then differ: the monotonic clock
/// continues where it stopped, while the clock that counts sleep (boot time) or the time of day,
/// once the machine has learnt it again, is ahead. A time of day that was merely set looks the
/// same; then a new boot key costs one record. If a snapshot is restored with all three clocks as
/// they were, it is not noticed until the time of day is corrected: Specs/ThreatModel.md.
struct ClockWatch {
    /// A change of the time of day up to this (leap seconds, a first correction) is ignored.
    static let tolerance: Int64 = 10_000_000_000
    /// Sleep cannot be set; the two clocks are only read a moment apart.
    static let shortestSleep: Int64 = 1_000_000_000

    /// The nanoseconds by which each clock is ahead of the monotonic one.
    struct Reading: Equatable {
        var timeOfDay: Int64
        var bootTime: Int64
    }

    private var last: Reading?

    /// Whether this machine missed part of the time since the last look.
    mutating func hasMissedTime(_ reading: Reading? = .now()) -> Bool {
        guard let reading else { return false }
        defer { last = reading }
        guard let last else { return false }
        let (step, overflow) = reading.timeOfDay.subtractingReportingOverflow(last.timeOfDay)
        return overflow || step.magnitude >= UInt64(Self.tolerance)
            || reading.bootTime &- last.bootTime >= Self.shortestSleep
    }
}

extension ClockWatch.Reading {
    /// nil if a clock cannot be read.
    static func now() -> Self? {
        guard let monotonic = nanoseconds(CLOCK_MONOTONIC),
            let timeOfDay = nanoseconds(CLOCK_REALTIME)
        else { return nil }
        #if os(Linux)
            let bootTime = nanoseconds(CLOCK_BOOTTIME) ?? monotonic
        #else
            let bootTime = monotonic
        #endif
        return Self(timeOfDay: timeOfDay &- monotonic, bootTime: bootTime &- monotonic)
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64? {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? nil : seconds &+ Int64(time.tv_nsec)
    }
}
