import MembershipCore

/// Small parts of output text, made without Foundation.
extension String {
    /// Padded with spaces; longer text stays as it is.
    package func padded(to width: Int, onLeft: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - count))
        return onLeft ? fill + self : self + fill
    }
}

extension String {
    var withoutTrailingSpaces: String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}

extension Duration {
    /// `340 µs`, `12.5 ms`, `2.68 s`, `90 s`: about three digits.
    package var shortText: String {
        let value = nanoseconds
        let size = value.magnitude
        if size < 1_000_000 { return "\(value / 1_000) µs" }
        if size < 100_000_000 { return Self.decimal(value / 100_000, places: 1) + " ms" }
        if size < 1_000_000_000 { return "\(value / 1_000_000) ms" }
        return Self.decimal(value / 10_000_000, places: 2) + " s"
    }

    /// `value / 10^places`, without trailing zeros.
    private static func decimal(_ value: Int64, places: Int) -> String {
        var digits = String(value.magnitude)
        digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let split = digits.index(digits.endIndex, offsetBy: -places)
        var fraction = digits[split...]
        while fraction.last == "0" { fraction.removeLast() }
        let sign = value < 0 ? "-" : ""
        return sign + digits[..<split] + (fraction.isEmpty ? "" : "." + fraction)
    }
}
