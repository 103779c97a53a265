/// The displayed name of a member: 1 to 63 bytes of `[A-Za-z0-9._-]`, the first a letter or digit.
///
/// Strict on purpose: no name can forge a log line, and no two names look alike or compare equal
/// after Unicode normalisation. A UUID fits. Specs/Wire.md, section 3.
public struct NodeAlias: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name; ASCII only.
    public let text: String

    /// At most this many bytes.
    package static let maximumBytes = 63

    /// Throws the fault of the name and its place.
    public init(parsing text: String) throws(NodeAliasError) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first else { throw .empty }
        guard bytes.count <= Self.maximumBytes else { throw .tooLong(bytes: bytes.count) }
        guard Self.isLetterOrDigit(first) else {
            throw .illegalCharacter(position: 1, character: text.first ?? "?")
        }
        for (index, character) in text.enumerated() where !Self.isLegal(character) {
            throw .illegalCharacter(position: index + 1, character: character)
        }
        self.text = text
    }

    /// nil unless every byte is legal: for names that arrive from elsewhere.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count <= Self.maximumBytes, let first = bytes.first else { return nil }
        guard Self.isLetterOrDigit(first), bytes.allSatisfy(Self.isLegalByte) else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    /// The displayed name of a member whose name belongs to another member: its id.
    package init(_ id: NodeID) { self.text = id.description }

    /// In byte order.
    public static func < (a: NodeAlias, b: NodeAlias) -> Bool {
        a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }

    /// The name itself.
    public var description: String { text }

    /// `text` with every illegal character replaced by a dash; nil if nothing else is left.
    package static func suggestion(for text: String) -> NodeAlias? {
        let replaced = text.map { isLegal($0) ? $0 : "-" }
        let trimmed = replaced.drop { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return try? NodeAlias(parsing: String(trimmed.prefix(maximumBytes)))
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func isLegalByte(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }

    private static func isLegal(_ character: Character) -> Bool {
        // "\r\n" is one ASCII Character of two bytes: ask for exactly one byte.
        character.utf8.count == 1 && character.utf8.allSatisfy(isLegalByte)
    }
}

/// The reason why a text cannot be a node name.
public enum NodeAliasError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No characters at all.
    case empty
    /// More than 63 bytes.
    case tooLong(bytes: Int)
    /// `position` counts characters from 1.
    case illegalCharacter(position: Int, character: Character)

    /// One clause, without the name itself.
    public var description: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong(let bytes): "it is \(bytes) bytes long; at most \(NodeAlias.maximumBytes) fit"
        case .illegalCharacter(let position, let character):
            "character \(position) is \(Self.spelled(character)); "
                + "allowed: a-z A-Z 0-9 . _ -, the first a letter or digit"
        }
    }

    private static func spelled(_ character: Character) -> String {
        if character == " " { return "a space" }
        let isVisible = character.unicodeScalars.allSatisfy {
            !$0.properties.isWhitespace && $0.properties.generalCategory != .control
                && $0.properties.generalCategory != .format
        }
        if isVisible { return "\"\(character)\"" }
        let scalars = character.unicodeScalars.map {
            "U+" + hexadecimal(UInt64($0.value), digits: 4)
        }
        return scalars.joined(separator: " ")
    }
}
