/// Text forms of addresses: dotted quads, and RFC 4291 for IPv6, written as RFC 5952 recommends.
///
/// Strict: no octal, no leading zeros, no zone names, no shortened quads. Different programs have
/// read each of these differently.
extension IPAddress: CustomStringConvertible {
    /// Parses an IPv4 or an IPv6 address; nil if `text` is neither.
    public init?(_ text: some StringProtocol) {
        if let value = Self.parseV4(Array(text.utf8)) {
            self = .v4(value)
        } else if let (high, low) = Self.parseV6(Array(text.utf8)) {
            self = .v6(high, low)
        } else {
            return nil
        }
    }

    /// The canonical text.
    public var description: String {
        switch self {
        case .v4(let value):
            [24, 16, 8, 0].map { String((value >> UInt32($0)) & 255) }.joined(separator: ".")
        case .v6(let high, let low):
            Self.formatV6(high, low)
        }
    }

    private static func parseV4(_ text: [UInt8]) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(isDigit) else { return nil }
            guard part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            let octet = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
            guard octet <= 255 else { return nil }
            value = value << 8 | octet
        }
        return value
    }

    private static func parseV6(_ text: [UInt8]) -> (UInt64, UInt64)? {
        guard (2...45).contains(text.count) else { return nil }
        guard let gap = doubleColon(in: text) else {
            guard let groups = parseGroups(text[...]), groups.count == 8 else { return nil }
            return join(groups)
        }
        guard let head = parseGroups(text[..<gap]), let tail = parseGroups(text[(gap + 2)...]),
            head.count + tail.count < 8, !text[..<gap].contains(UInt8(ascii: "."))
        else { return nil }
        let zeros = Array(repeating: UInt16(0), count: 8 - head.count - tail.count)
        return join(head + zeros + tail)
    }

    private static func doubleColon(in text: [UInt8]) -> Int? {
        let colon = UInt8(ascii: ":")
        return text.indices.dropLast().first { text[$0] == colon && text[$0 + 1] == colon }
    }

    /// Groups of up to four hexadecimal digits; the last may be a dotted quad. Empty text: no groups.
    private static func parseGroups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let quad = parseV4(Array(part)) else { return nil }
                groups += [UInt16(quad >> 16), UInt16(quad & 0xFFFF)]
            } else {
                guard (1...4).contains(part.count), part.allSatisfy(isHexadecimalDigit),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups.count <= 8 ? groups : nil
    }

    private static func join(_ groups: [UInt16]) -> (UInt64, UInt64) {
        let high = groups.prefix(4).reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups.suffix(4).reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        return (high, low)
    }

    private static func formatV6(_ high: UInt64, _ low: UInt64) -> String {
        let groups = [high, low].flatMap { word in
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: word >> UInt64($0)) }
        }
        if groups.prefix(5).allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
            return "::ffff:" + IPAddress.v4(UInt32(truncatingIfNeeded: low)).description
        }
        let gap = longestZeroRun(groups)
        let text: (ArraySlice<UInt16>) -> String = {
            $0.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard let gap else { return text(groups[...]) }
        return text(groups[..<gap.lowerBound]) + "::" + text(groups[gap.upperBound...])
    }

    /// The first longest run of at least two zero groups.
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
            start = end
        }
        return best
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}

extension Endpoint: CustomStringConvertible {
    /// Reads `192.0.2.1:2254` or `[2001:db8::1]:2254`; nil for anything else, host names included.
    public init?(_ text: some StringProtocol) {
        guard let parsed = try? HostAndPort(parsing: String(text)),
            let port = parsed.port, let address = IPAddress(parsed.host)
        else { return nil }
        self.init(address, port: port)
    }

    /// The text that `init` reads.
    public var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }
}
