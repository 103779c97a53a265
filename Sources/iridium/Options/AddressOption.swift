import IridiumNode
import IridiumShell
import Membership

/// Hosts and ports as values of options.
enum AddressOption {
    /// `HOST`, `HOST:PORT`, `[IPV6]:PORT`; the port 0 is any free one.
    static func parse(_ text: String, option: String) throws(IridiumError) -> HostAndPort {
        if text.hasSuffix(":0") {
            let host = try parse(String(text.dropLast(2)), option: option)
            return HostAndPort(host: host.host, port: 0)
        }
        if let scheme = text.firstRange(of: "://") {
            throw .badValue(
                option: option, value: text,
                expected: "HOST:PORT without \(text[..<scheme.upperBound])")
        }
        guard !text.contains(",") else {
            throw .badValue(option: option, value: text, expected: "one HOST:PORT at a time")
        }
        guard !text.contains("%") else {
            throw .badValue(
                option: option, value: text,
                expected: "HOST:PORT; link-local addresses cannot be used")
        }
        do throws(HostAndPort.ParseError) {
            return try HostAndPort(parsing: text)
        } catch {
            switch error {
            case .ambiguousIPv6: throw .ambiguousAddress(text)
            case .badPort(let port):
                throw .badValue(option: option, value: port, expected: "a port from 1 to 65535")
            case .empty, .malformed:
                throw .badValue(option: option, value: text, expected: "HOST:PORT")
            }
        }
    }

    /// The same with a port that is required or has a default.
    static func target(_ text: String, option: String) throws(IridiumError) -> HostAndPort {
        let parsed = try parse(text, option: option)
        guard parsed.port != 0 else {
            throw .badValue(option: option, value: text, expected: "a port from 1 to 65535")
        }
        return HostAndPort(
            host: try destination(parsed.host, in: text, option: option),
            port: parsed.port ?? NodeSettings.usualPort)
    }

    /// The host of a target: a name, or an address that one host can have, in its only spelling.
    private static func destination(
        _ host: String, in text: String, option: String
    ) throws(IridiumError) -> String {
        guard let address = IPAddress(host) else { return host }
        guard (address.unmapped ?? address).isDestination else {
            throw .badValue(
                option: option, value: text,
                expected: "the address of one host, such as 10.0.0.7:2254; this host is 127.0.0.1")
        }
        return address.unmapped?.description ?? host
    }

    static func port(_ text: String, option: String) throws(IridiumError) -> UInt16 {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(text) else {
            throw .badValue(option: option, value: text, expected: "a port from 0 to 65535")
        }
        return port
    }

    /// The address of a host; for a name, its first address.
    static func endpoint(_ host: String, port: UInt16) throws(IridiumError) -> Endpoint {
        switch HostName.resolve(host, port: port) {
        case .success(let found):
            guard let first = found.first else { throw .hostNotFound(host, noAnswer: false) }
            try requireOnlySpelling(first.address)
            return first
        case .failure(let failure):
            if host.utf8.contains(UInt8(ascii: ":")) { throw .ambiguousAddress(host) }
            throw .hostNotFound(host, noAnswer: failure.isTemporary)
        }
    }

    /// A node could not listen at an IPv4 address that is written as IPv6, nor state it.
    static func requireOnlySpelling(_ address: IPAddress) throws(IridiumError) {
        guard let plain = address.unmapped else { return }
        throw .badValue(
            option: "the address", value: "\(address)", expected: "an IPv4 address as \(plain)")
    }
}

/// `--seed`: an address, all addresses of a name, or a file of addresses that is read again.
enum SeedOption {
    /// An address is a seed; a name server or a file is queried again and again.
    static func parse(
        _ text: String, option: String = "--seed", into settings: inout NodeSettings
    ) throws(IridiumError) {
        if text.hasPrefix("file:") {
            let path = String(text.dropFirst(5))
            // A file that cannot be read at the start is more likely a typing mistake than a file
            // that will come.
            _ = try file(path, option: option)
            settings.discovery.append(.file(path))
        } else if text.hasPrefix("dns:") {
            let target = try AddressOption.target(String(text.dropFirst(4)), option: option)
            settings.discovery.append(
                .dns(target.host, port: target.port ?? NodeSettings.usualPort))
        } else if text.hasPrefix("srv:") {
            settings.discovery.append(.srv(try service(text, option: option)))
        } else {
            settings.seeds.append(try AddressOption.target(text, option: option))
        }
    }

    /// The name of a service. Its records state hosts and ports.
    private static func service(
        _ text: String, option: String
    ) throws(IridiumError) -> String {
        let name = String(text.dropFirst("srv:".count))
        guard let parsed = try? HostAndPort(parsing: name), parsed.port == nil,
            IPAddress(parsed.host) == nil
        else {
            throw .badValue(
                option: option, value: text,
                expected: "srv: and a name without a port, such as srv:_iridium._udp.example.org")
        }
        return name
    }

    /// One address a line; blank lines and lines that begin with # are skipped.
    private static func file(
        _ path: String, option: String
    ) throws(IridiumError) -> [HostAndPort] {
        let bytes = try RegularFile.read(path, limit: SeedFile.longest)
        guard !SecretContent.isLikely(bytes) else { throw .holdsSecret(path: path) }
        var seeds: [HostAndPort] = []
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            seeds.append(try AddressOption.target(String(first), option: option))
        }
        return seeds
    }
}

/// `--timeout`, `--grace`: a number and a unit.
enum DurationOption {
    /// `30s`, `500ms`, `2m`, `1h`, `7d`; without a unit seconds.
    static func parse(
        _ text: String, option: String, atMostDays days: Int64 = 1
    ) throws(IridiumError) -> Duration {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let scale: Int64? =
            switch text.dropFirst(digits.count) {
            case "ms": 1
            case "s", "": 1_000
            case "m": 60_000
            case "h": 3_600_000
            case "d": 86_400_000
            default: nil
            }
        guard let scale, let number = Int64(digits), number <= days * 86_400_000 / scale else {
            throw .badValue(
                option: option, value: text,
                expected: "a time of at most \(days == 1 ? "a day" : "\(days) days"), "
                    + "such as 30s or 500ms")
        }
        return .milliseconds(number * scale)
    }
}
