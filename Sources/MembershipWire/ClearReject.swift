/// Eight bytes in clear by which a stream is refused before there is a key to say it with:
/// `49 1F | u16 code | 4 zeros`. Said once; then the connection closes.
///
/// Anyone on the path could have written them, so whoever reads one tells the user that the other
/// side "says (unauthenticated)", and draws no other conclusion. Specs/Wire.md, section 5.1.
package struct ClearReject: Hashable, Sendable {
    package static let byteCount = 8
    /// How the first two bytes differ from those of a preamble (`49 1A`).
    package static let magic: [UInt8] = [0x49, 0x1F]

    /// Anything but `done`.
    package let code: StreamEndCode

    /// nil for `done`, which is no reason to refuse.
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
