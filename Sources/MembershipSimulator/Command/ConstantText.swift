package import MembershipCore

/// Values of constants as text: `250ms`, `1.5s`, `24h`, `6`, `15%`.
enum ConstantText {
    /// Longest first: a time is shown in the first unit of which it is a whole number.
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
        ("us", 1_000),
    ]

    static func text(_ time: Duration) -> String {
        let value = time.nanoseconds
        guard value != 0 else { return "0s" }
        let shown = units.filter { $0.name != "m" }
        let unit = shown.first { value.isMultiple(of: $0.nanoseconds) } ?? ("ns", 1)
        return "\(value / unit.nanoseconds)\(unit.name)"
    }

    /// Exact: no floating point. nil for anything other than digits, perhaps a fraction, and a
    /// unit.
    static func duration(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let unit = units.first(where: { $0.name == text.dropFirst(number.count) }) else {
            return nil
        }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = count(String(parts[0])) else { return nil }
        var nanoseconds = Int64(whole).multipliedReportingOverflow(by: unit.nanoseconds)
        guard !nanoseconds.overflow else { return nil }
        guard parts.count == 2 else { return .nanoseconds(nanoseconds.partialValue) }
        guard (1...9).contains(parts[1].count), let fraction = count(String(parts[1])) else {
            return nil
        }
        var scale: Int64 = 1
        for _ in 0..<parts[1].count { scale *= 10 }
        // At most a billion times an hour: split to fit.
        let (quotient, rest) = unit.nanoseconds.quotientAndRemainder(dividingBy: scale)
        let added = Int64(fraction) * quotient + Int64(fraction) * rest / scale
        nanoseconds = nanoseconds.partialValue.addingReportingOverflow(added)
        return nanoseconds.overflow ? nil : .nanoseconds(nanoseconds.partialValue)
    }

    /// Digits only.
    static func count(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}

extension Constant {
    package func text(in configuration: CoreConfiguration) -> String {
        switch value {
        case .duration(let path, _): ConstantText.text(configuration[keyPath: path])
        case .count(let path, _): "\(configuration[keyPath: path])"
        case .percent(let path, _): "\(configuration[keyPath: path])%"
        }
    }

    /// `a time from 1ms to 1h`.
    package var boundsText: String {
        switch value {
        case .duration(_, let bounds):
            "a time from \(ConstantText.text(bounds.lowerBound)) to "
                + ConstantText.text(bounds.upperBound)
        case .count(_, let bounds): "a number from \(bounds.lowerBound) to \(bounds.upperBound)"
        case .percent(_, let bounds):
            "a percentage from \(bounds.lowerBound)% to \(bounds.upperBound)%"
        }
    }

    /// `2ms`, and the values of other profiles if they differ: `2ms, wan 5ms, local 1ms`.
    fileprivate var valueText: String {
        let usual = text(in: .lan)
        let others = [("wan", text(in: .wan)), ("local", text(in: .local))]
        return ([usual] + others.filter { $0.1 != usual }.map { "\($0.0) \($0.1)" })
            .joined(separator: ", ")
    }

    /// All constants, for a terminal.
    static var list: [String] {
        let names = all.map(\.name.count).max() ?? 0
        let values = all.map(\.valueText.count).max() ?? 0
        return groups.flatMap { group in
            ["", group.title]
                + group.constants.map { constant in
                    "  " + constant.name.padded(to: names + 2)
                        + constant.valueText.padded(to: values + 2) + constant.meaning
                }
        } + [
            "",
            "Times are written 100us, 250ms, 1.5s, 2m or 24h; reasons and measurements are in "
                + "Specs/Protocol.md.",
        ]
    }

    /// The same as the tables of Specs/Protocol.md.
    package static var tables: String {
        groups.map { group in
            let rows = group.constants.map { constant in
                "| `\(constant.name)` | \(constant.valueText) | \(constant.meaning) | "
                    + "\(constant.reason) | \(constant.table.map(String.init) ?? "") |"
            }
            return
                ([
                    "**\(group.title)**", "", "| constant | value | meaning | reason | table |",
                    "|---|---|---|---|---|",
                ] + rows).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}
