import MembershipWire

/// What a member says about itself, for JSON: as text, or where it is none as digits; nil where it
/// says nothing.
enum MetadataText {
    static func text(_ metadata: [UInt8]) -> String? {
        metadata.isEmpty ? nil : String(validating: metadata, as: UTF8.self)
    }

    static func digits(_ metadata: [UInt8]) -> String? {
        metadata.isEmpty || text(metadata) != nil ? nil : hexadecimal(metadata)
    }
}
