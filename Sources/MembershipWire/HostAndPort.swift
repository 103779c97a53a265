/// A host, by name or address, and perhaps a port, as a person writes them: `n1:2254`, `[::1]:2254`.
public struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    public let host: String
    /// nil where none was written.
    public let port: UInt16?

    /// Takes both as they are.
    public init(host: String, port: UInt16?) {
        self.host = host
        self.port = port
    }

    /// Why a text is not a host and a port.
    public enum ParseError: Error, Equatable, Sendable {
        /// No host at all.
        case empty
        /// An IPv6 address without brackets: which colon starts the port?
        case ambiguousIPv6
        /// What stands after the colon is not a number from 1 to 65535.
        case badPort(String)
        /// White space or an unmatched bracket.
        case malformed
    }

    /// Reads `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`.
    public static func parse(_ text: String) -> Result<HostAndPort, ParseError> {
        guard !text.isEmpty else { return .failure(.empty) }
        guard !text.contains(where: \.isWhitespace) else { return .failure(.malformed) }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return .failure(.malformed) }
            let host = String(text[text.index(after: text.startIndex)..<end])
            guard case .v6 = IPAddress(host) else { return .failure(.malformed) }
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return .success(HostAndPort(host: host, port: nil)) }
            guard rest.first == ":" else { return .failure(.malformed) }
            return parsePort(rest.dropFirst()).map { HostAndPort(host: host, port: $0) }
        }
        guard let colon = text.firstIndex(of: ":") else {
            return .success(HostAndPort(host: text, port: nil))
        }
        guard text.lastIndex(of: ":") == colon else { return .failure(.ambiguousIPv6) }
        let host = String(text[..<colon])
        guard !host.isEmpty else { return .failure(.empty) }
        return parsePort(text[text.index(after: colon)...]).map {
            HostAndPort(host: host, port: $0)
        }
    }

    /// A port from 1 to 65535, digits only.
    public static func parsePort(_ text: some StringProtocol) -> Result<UInt16, ParseError> {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(text), port > 0
        else { return .failure(.badPort(String(text))) }
        return .success(port)
    }

    /// `host:port`, with brackets around IPv6.
    public var description: String {
        let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port.map { "\(shown):\($0)" } ?? shown
    }
}
