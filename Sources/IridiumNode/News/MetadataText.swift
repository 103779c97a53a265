import MembershipWire

/// A member's metadata for JSON: text, or digits if it is not text; nil if it is empty.
enum MetadataText {
    static func text(_ metadata: [UInt8]) -> String? {
        metadata.isEmpty ? nil : String(validating: metadata, as: UTF8.self)
    }

    static func digits(_ metadata: [UInt8]) -> String? {
        metadata.isEmpty || text(metadata) != nil ? nil : hexadecimal(metadata)
    }
}
