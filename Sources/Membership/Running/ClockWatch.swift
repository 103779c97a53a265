#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Notices that this machine did not live through all of the time that has passed: it slept, or it
/// was restored from a snapshot, perhaps for the second time. Two machines that were restored from one
/// snapshot hold the same keys and would use the same nonces.
///
/// Linux tells no process that it was restored. What shows is that the clocks no longer agree: the
/// monotonic clock goes on where it stopped, while the clock that counts sleep (boot time) or the
/// time of day, once the machine has learnt it again, is ahead. A time of day that was merely set
/// looks the same; a new boot key then costs one record. A snapshot that is restored with all three
/// clocks as they were is not noticed until the time of day is corrected: Specs/ThreatModel.md.
struct ClockWatch {
    /// How far the time of day may be set (leap seconds, a first correction) and mean nothing.
    static let tolerance: Int64 = 10_000_000_000
    /// Sleep is not set by anybody; it is only read a moment apart.
    static let shortestSleep: Int64 = 1_000_000_000

    /// Nanoseconds that each clock is ahead of the monotonic one.
    struct Reading: Equatable {
        var timeOfDay: Int64
        var bootTime: Int64
    }

    private var last: Reading?

    /// Whether time has passed since the last look that this machine was not there for.
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
    /// nil where a clock cannot be read.
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
