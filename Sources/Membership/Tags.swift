import MembershipWire

/// Named facts that a member states about itself: its role, its zone, the ports of its services.
///
/// Tags are a convention and not part of the protocol: the metadata of a member as one flat JSON
/// object of strings, `{"http":"8080","role":"web"}`, with the keys in byte order and no white
/// space. The command line, its JSON and its events show such metadata as tags. Any other metadata
/// is equally valid, and has no tags.
///
/// ```swift
/// try await cluster.setTags(["role": "web", "http": "8080"])
/// let web = cluster.view.living.filter { $0.tags?["role"] == "web" }
/// ```
/// They are shown to people, signed by their owner, and known to all within milliseconds. All tags
/// of a member share 512 bytes.
public struct Tags: Hashable, Sendable, ExpressibleByDictionaryLiteral, CustomStringConvertible {
    private var values: [String: String]

    /// No tags.
    public init() { values = [:] }

    /// If a key has several values, the last counts.
    public init(dictionaryLiteral elements: (String, String)...) {
        values = Dictionary(elements) { $1 }
    }

    /// Reads metadata: a flat JSON object (RFC 8259) of strings, with each key once, in any order,
    /// with white space where JSON allows it. nil for anything else, and for more than 512 bytes.
    public init?(metadata: some Sequence<UInt8>) {
        guard let values = TagReader.read(Array(metadata.prefix(Bounds.metadataBytes + 1))) else {
            return nil
        }
        self.values = values
    }

    /// The value of a key; nil if there is none. Set nil to remove the tag.
    public subscript(key: String) -> String? {
        get { values[key] }
        set { values[key] = newValue }
    }

    /// In byte order.
    public var keys: [String] {
        values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The number of tags.
    public var count: Int { values.count }

    /// The tags as metadata, in their only spelling. Empty if there are no tags.
    public var metadata: [UInt8] {
        guard !values.isEmpty else { return [] }
        let fields = keys.map { Self.quoted($0) + ":" + Self.quoted(values[$0] ?? "") }
        return Array("{\(fields.joined(separator: ","))}".utf8)
    }

    /// `http=8080 role=web`; a value with white space, quotes or control characters in quotes.
    public var description: String {
        keys.map { "\(Self.shown($0))=\(Self.shown(values[$0] ?? ""))" }.joined(separator: " ")
    }

    /// Quotes only what JSON requires, so that a later change of style changes no bytes that are
    /// compared.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                result.unicodeScalars.append("\\")
                result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20:
                result += "\\u" + hexadecimal(UInt64(scalar.value), digits: 4)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// The text comes from other members: nothing that a terminal would obey is shown as it is.
    private static func shown(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0 != "\"" && $0 != "\\" && $0 != "="
                    && ![.control, .format, .surrogate, .privateUse, .unassigned]
                        .contains($0.properties.generalCategory)
            }
        guard !isPlain else { return text }
        return "\"" + text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
    }
}

extension Member {
    /// Its metadata as tags; nil if it does not have that form. Reads the metadata again at each
    /// call.
    public var tags: Tags? { Tags(metadata: metadata) }

    /// Its metadata, read by the application's own decoder.
    ///
    /// - Throws: the error of `decode`. Metadata comes from other members, perhaps of another
    ///   version.
    public func decoded<Value, Failure: Error>(
        _ decode: ([UInt8]) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try decode(metadata)
    }
}

extension ClusterMembership {
    /// Replaces this member's metadata by tags; the other members see `updated`.
    ///
    /// - Throws: `.metadataTooLong` if they do not fit into 512 bytes, `.notRunning`.
    public func setTags(_ tags: Tags) async throws(ClusterError) {
        try await setMetadata(tags.metadata)
    }
}
