/// A host, by name or address, and perhaps a port, as a person writes them: `n1:2254`, `[::1]:2254`.
public struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    public let host: String
    /// nil if none was written.
    public let port: UInt16?

    /// Takes both as they are.
    public init(host: String, port: UInt16?) {
        self.host = host
        self.port = port
    }

    /// The reason why a text is not a host and a port.
    public enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// No host at all.
        case empty
        /// An IPv6 address without brackets: which colon starts the port?
        case ambiguousIPv6
        /// The text after the colon is not a number from 1 to 65535.
        case badPort(String)
        /// White space, an unmatched bracket, a scheme, a path, or several addresses in one text.
        case malformed

        /// One clause, without the text itself.
        public var description: String {
            switch self {
            case .empty: "there is no host"
            case .ambiguousIPv6: "an IPv6 address needs brackets before its port: [::1]:2254"
            case .badPort: "a port is a number from 1 to 65535"
            case .malformed:
                "it takes one HOST, HOST:PORT or [IPV6]:PORT, without http:// and spaces"
            }
        }
    }

    /// Reads `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`.
    public init(parsing text: String) throws(ParseError) {
        guard !text.isEmpty else { throw .empty }
        guard !text.contains(where: { $0.isWhitespace || $0 == "/" || $0 == "," }) else {
            throw .malformed
        }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw .malformed }
            let host = String(text[text.index(after: text.startIndex)..<end])
            guard case .v6 = IPAddress(host) else { throw .malformed }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw .malformed }
            let port = rest.isEmpty ? nil : try Self.port(parsing: rest.dropFirst())
            self.init(host: host, port: port)
            return
        }
        guard let colon = text.firstIndex(of: ":") else {
            self.init(host: text, port: nil)
            return
        }
        guard text.lastIndex(of: ":") == colon else { throw .ambiguousIPv6 }
        let host = String(text[..<colon])
        guard !host.isEmpty else { throw .empty }
        self.init(host: host, port: try Self.port(parsing: text[text.index(after: colon)...]))
    }

    /// A port from 1 to 65535, digits only.
    package static func port(parsing text: some StringProtocol) throws(ParseError) -> UInt16 {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(text), port > 0
        else { throw .badPort(String(text)) }
        return port
    }

    /// `host:port`, with brackets around IPv6.
    public var description: String {
        let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port.map { "\(shown):\($0)" } ?? shown
    }
}

extension HostAndPort {
    /// The address of a member, as a seed.
    public init(_ endpoint: Endpoint) {
        self.init(host: endpoint.address.description, port: endpoint.port)
    }
}
