/// Spans of time as people read them. Negative spans count as zero.
package enum DurationText {
    /// For columns, in whole units: `2s`, `4m09s`, `2h05m`, `24h`, `3d04h`.
    package static func elapsed(_ span: Duration) -> String {
        let seconds = max(0, span.components.seconds)
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3_600: return "\(seconds / 60)m\(twoDigits(seconds % 60))s"
        case ..<172_800: return "\(seconds / 3_600)h" + rest(seconds % 3_600 / 60, "m")
        default: return "\(seconds / 86_400)d" + rest(seconds % 86_400 / 3_600, "h")
        }
    }

    /// For countdowns: tenths below ten seconds, `1.1s`, otherwise like `elapsed`.
    package static func countdown(_ span: Duration) -> String {
        let tenths = rounded(span, toNanoseconds: 100_000_000)
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)s" : elapsed(span)
    }

    /// For round trips: `0.31ms`, `12.4ms`, `123ms`, `1.25s`.
    package static func roundTrip(_ span: Duration) -> String {
        let microseconds = rounded(span, toNanoseconds: 1_000)
        switch microseconds {
        case ..<9_995: return decimal(rounded(span, toNanoseconds: 10_000), decimals: 2) + "ms"
        case ..<99_950: return decimal(rounded(span, toNanoseconds: 100_000), decimals: 1) + "ms"
        case ..<999_500: return "\(rounded(span, toNanoseconds: 1_000_000))ms"
        default: return decimal(rounded(span, toNanoseconds: 10_000_000), decimals: 2) + "s"
        }
    }

    /// In a sentence: `180 ms`, `6 s`, `1.2 s`. With `decimals`, seconds with that many: `2.29 s`.
    package static func spoken(_ span: Duration, decimals: Int? = nil) -> String {
        switch decimals {
        case 0: return "\(rounded(span, toNanoseconds: 1_000_000_000)) s"
        case 1: return decimal(rounded(span, toNanoseconds: 100_000_000), decimals: 1) + " s"
        case .some: return decimal(rounded(span, toNanoseconds: 10_000_000), decimals: 2) + " s"
        case nil: break
        }
        let milliseconds = rounded(span, toNanoseconds: 1_000_000)
        switch milliseconds {
        case ..<1_000: return "\(milliseconds) ms"
        case ..<10_000 where milliseconds % 1_000 >= 50:
            return decimal(rounded(span, toNanoseconds: 100_000_000), decimals: 1) + " s"
        case ..<120_000: return "\(rounded(span, toNanoseconds: 1_000_000_000)) s"
        default: return elapsed(span)
        }
    }

    /// `span` in units of `unit` nanoseconds, to the nearest; saturates far above any real span.
    private static func rounded(_ span: Duration, toNanoseconds unit: Int64) -> Int64 {
        let (seconds, attoseconds) = span.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let capped = min(seconds, 4_000_000_000)
        return (capped * 1_000_000_000 + attoseconds / 1_000_000_000 + unit / 2) / unit
    }

    private static func decimal(_ value: Int64, decimals: Int) -> String {
        let scale: Int64 = decimals == 1 ? 10 : 100
        let fraction = value % scale
        return "\(value / scale)." + (decimals == 1 ? "\(fraction)" : twoDigits(fraction))
    }

    private static func rest(_ value: Int64, _ unit: String) -> String {
        value == 0 ? "" : twoDigits(value) + unit
    }

    private static func twoDigits(_ value: Int64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}
