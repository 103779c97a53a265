/// A program as bytes: a header, read-only data, code.
///
///     0       4              64       68            68 + n
///     +-------+--------------+--------+--------------+-----------------------+
///     | EPIE  |     zero     | n, LE  | n bytes data | code, 4 bytes a word  |
///     +-------+--------------+--------+--------------+-----------------------+
///
/// Specs/VM.md, section 2.
public struct Image: Equatable, Sendable {
    /// The bytes that PRTS prints from.
    public var readOnlyData: [UInt8]
    /// The instructions.
    public var code: [UInt8]

    /// "EPIE": the first four bytes.
    public static let magic: [UInt8] = [0x45, 0x50, 0x49, 0x45]
    /// The offset of the length of the read-only data: four bytes, little-endian.
    static let lengthOffset = 64
    /// The offset of the data, and of the code if there is no data.
    public static let headerBytes = 68

    /// An image of its two parts.
    public init(readOnlyData: [UInt8], code: [UInt8]) {
        self.readOnlyData = readOnlyData
        self.code = code
    }

    /// Takes an image apart; nil if the bytes are too short or do not begin with `magic`.
    ///
    /// A data length beyond the end is legal. Then everything after the header is data, there is no
    /// code, and running the image stops at once with code 1.
    public init?(parsing bytes: [UInt8]) {
        guard let entry = Self.entryPoint(of: bytes) else { return nil }
        let split = min(entry, bytes.count)
        readOnlyData = Array(bytes[Self.headerBytes..<split])
        code = Array(bytes[split...])
    }

    /// Whether a file is meant as an image and not as source. An image begins with `magic`, or has
    /// a zero byte among its first `headerBytes`: the latter also finds an image with a damaged
    /// beginning. A text in UTF-16 has such bytes too; it is known by its byte order mark.
    public static func isLikely(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return false }
        return bytes.starts(with: magic) || bytes.prefix(headerBytes).contains(0)
    }

    /// The image as bytes.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.headerBytes + readOnlyData.count + code.count)
        result += Self.magic
        result += repeatElement(0, count: Self.lengthOffset - Self.magic.count)
        let length = UInt32(clamping: readOnlyData.count)
        for shift: UInt32 in [0, 8, 16, 24] {
            result.append(UInt8(truncatingIfNeeded: length >> shift))
        }
        result += readOnlyData
        result += code
        return result
    }

    /// The address at which execution starts: 68 + the data length; nil if there is no header. The
    /// address may be beyond the end.
    static func entryPoint(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= headerBytes, bytes.starts(with: magic) else { return nil }
        var length = 0
        for index in (0..<4).reversed() { length = length << 8 | Int(bytes[lengthOffset + index]) }
        return headerBytes + length
    }
}
