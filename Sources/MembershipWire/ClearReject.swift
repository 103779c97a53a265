/// Eight bytes in clear that refuse a stream before there is a key to encrypt them:
/// `49 1F | u16 code | 4 zeros`. They are sent once; then the connection closes.
///
/// Anyone on the path could have written them. So a node that reads them reports that the other
/// side "says (unauthenticated)", and draws no other conclusion. Specs/Wire.md, section 5.1.
package struct ClearReject: Hashable, Sendable {
    package static let byteCount = 8
    /// The first two bytes; those of a preamble are `49 1A`.
    package static let magic: [UInt8] = [0x49, 0x1F]

    /// Any code except `done`.
    package let code: StreamEndCode

    /// nil for `done`, which is not a reason to refuse.
    package init?(_ code: StreamEndCode) {
        guard code != .done else { return nil }
        self.code = code
    }

    /// The eight bytes.
    package var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(bigEndian: code.rawValue)
        bytes.append(bigEndian: UInt32(0))
        return bytes
    }

    /// Reads exactly eight bytes.
    package init(parsing bytes: [UInt8]) throws(WireError) {
        guard bytes.count == Self.byteCount else { throw .badLength }
        guard bytes.starts(with: Self.magic) else { throw .badReject }
        let code = try bytes.withOctets { (bytes) throws(WireError) in
            var reader = ByteReader(bytes)
            _ = try reader.read(UInt16.self)
            guard let code = StreamEndCode(rawValue: try reader.read()) else {
                throw .unknownEndCode
            }
            try reader.finishWithZeros(or: .nonzeroReserved)
            return code
        }
        guard code != .done else { throw .badReject }
        self.code = code
    }
}
