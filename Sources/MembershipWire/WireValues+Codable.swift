// Codable for the public values: they are encoded as the text that people read.

extension NodeID: LosslessStringConvertible, Codable {
    /// Reads 16 hexadecimal digits, the text that `description` writes; nil for anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 16, text.allSatisfy(\.isHexDigit),
            let value = UInt64(text, radix: 16)
        else { return nil }
        self.init(value)
    }

    /// Reads the text that `description` writes.
    public init(from decoder: any Decoder) throws {
        self = try decoder.value("16 hexadecimal digits") { NodeID($0) }
    }

    /// Writes `description`.
    public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

extension NodeAlias: ExpressibleByStringLiteral, Codable {
    /// A name in source code.
    ///
    /// - Precondition: it is a name; for text from elsewhere there is `init(parsing:)`.
    public init(stringLiteral text: String) {
        do throws(NodeAliasError) {
            try self.init(parsing: text)
        } catch {
            preconditionFailure("\"\(text)\" is no name of a node: \(error)")
        }
    }

    /// Reads a name.
    public init(from decoder: any Decoder) throws {
        self = try decoder.value("a name of a node") { try? NodeAlias(parsing: $0) }
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws { try encoder.write(text) }
}

extension Endpoint: LosslessStringConvertible, ExpressibleByStringLiteral, Codable {
    /// An address and a port in source code: `"10.0.0.7:2254"`, `"[::1]:2254"`. The port 0 is any free
    /// one.
    ///
    /// - Precondition: it is both; for text from elsewhere there is `init?(_:)`.
    public init(stringLiteral text: String) {
        let isAnyPort = text.hasSuffix(":0")
        // The port 0 is for `bind` alone, and no parsed text has it.
        guard let parsed = Endpoint(isAnyPort ? text.dropLast() + "1" : text[...]) else {
            preconditionFailure("\"\(text)\" is no address and port")
        }
        self = isAnyPort ? Endpoint(parsed.address, port: 0) : parsed
    }

    /// Reads the text that `description` writes.
    public init(from decoder: any Decoder) throws {
        self = try decoder.value("an address and a port") { Endpoint($0) }
    }

    /// Writes `description`.
    public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

extension HostAndPort: ExpressibleByStringLiteral, Codable {
    /// A host and perhaps a port in source code.
    ///
    /// - Precondition: it is such a text; for text from elsewhere there is `init(parsing:)`.
    public init(stringLiteral text: String) {
        do throws(ParseError) {
            try self.init(parsing: text)
        } catch {
            preconditionFailure("\"\(text)\" is no host and port: \(error)")
        }
    }

    /// Reads the text that `description` writes.
    public init(from decoder: any Decoder) throws {
        self = try decoder.value("a host and a port") { try? HostAndPort(parsing: $0) }
    }

    /// Writes `description`.
    public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

extension Incarnation: Codable {
    /// Reads a number below 2^63.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Incarnation(try container.decode(UInt64.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a number below 2^63")
        }
        self = value
    }

    /// Writes the number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

extension MemberState: Codable {}

extension Decoder {
    fileprivate func value<Value>(_ kind: String, _ read: (String) -> Value?) throws -> Value {
        let container = try singleValueContainer()
        guard let value = read(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not \(kind)")
        }
        return value
    }
}

extension Encoder {
    fileprivate func write(_ text: String) throws {
        var container = singleValueContainer()
        try container.encode(text)
    }
}
