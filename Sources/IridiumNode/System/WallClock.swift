import LibC

/// The time of day, for people and for log lines. It decides nothing.
package struct WallClock: Hashable, Sendable {
    /// Whole seconds since 1970.
    package let seconds: Int64
    /// 0 ..< 1,000.
    package let milliseconds: Int

    package init(seconds: Int64, milliseconds: Int) {
        self.seconds = seconds
        self.milliseconds = milliseconds
    }

    /// A whole second; a time beyond the range of the clock counts as the last one.
    package init(unixSeconds: UInt64) {
        self.init(seconds: Int64(clamping: unixSeconds), milliseconds: 0)
    }

    package static var now: WallClock {
        var time = timespec()
        guard clock_gettime(CLOCK_REALTIME, &time) == 0 else {
            return WallClock(seconds: 0, milliseconds: 0)
        }
        return WallClock(
            seconds: Int64(time.tv_sec), milliseconds: Int(time.tv_nsec) / 1_000_000)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-01-01T00:00:00.000Z`.
    package var rfc3339: String {
        var moment = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&moment, &parts) != nil else { return "1970-01-01T00:00:00.000Z" }
        return "\(Self.date(parts))T\(Self.clock(parts)).\(Self.three(milliseconds))Z"
    }

    /// RFC 3339 with milliseconds in the local time zone: `2026-01-01T12:08:39.020+01:00`.
    package var localRFC3339: String {
        guard let parts = local else { return rfc3339 }
        let minutes = Int(parts.tm_gmtoff) / 60
        let (hours, rest) = abs(minutes).quotientAndRemainder(dividingBy: 60)
        let zone = (minutes < 0 ? "-" : "+") + Self.two(Int32(hours)) + ":" + Self.two(Int32(rest))
        return "\(Self.date(parts))T\(Self.clock(parts)).\(Self.three(milliseconds))"
            + (minutes == 0 ? "Z" : zone)
    }

    /// `12:08:39` in the local time zone.
    package var timeOfDay: String { local.map(Self.clock) ?? "00:00:00" }

    private var local: tm? {
        Self.zone
        var moment = time_t(seconds)
        var parts = tm()
        return localtime_r(&moment, &parts) == nil ? nil : parts
    }

    /// Reads the time zone, once: the call that converts a time does not have to.
    private static let zone: Void = tzset()

    private static func date(_ parts: tm) -> String {
        "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    }

    private static func clock(_ parts: tm) -> String {
        "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func three(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
    }
}
