import Membership

/// What a member says about itself, for JSON: as text, or where it is none as digits; nil where it
/// says nothing.
extension Member {
    var metadataText: String? {
        metadata.isEmpty ? nil : String(validating: metadata, as: UTF8.self)
    }

    var metadataHexadecimal: String? {
        guard !metadata.isEmpty, metadataText == nil else { return nil }
        return hexadecimal(metadata)
    }
}
