/// The reason why a value cannot be put on the wire. Nothing has been written when it is thrown.
package enum EncodingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// More bytes than this kind of message may have.
    case tooLong(bytes: Int, limit: Int)
    /// Every receiver would refuse it, for this reason. A value that cannot be decoded is not
    /// encoded.
    case refusable(WireError)
    /// An `Item.unknown` whose type is known, ends the list, or is mandatory.
    case notAnUnknownType(UInt8)
    /// A padding step that is not a multiple of 64 from 64 to 1,280.
    case badPadding(Int)

    package var description: String {
        switch self {
        case .tooLong(let bytes, let limit): "it is \(bytes) bytes long; at most \(limit) fit"
        case .refusable(let reason): "every receiver would refuse it: \(reason.reason)"
        case .notAnUnknownType(let type):
            "item type 0x\(hexadecimal(UInt64(type), digits: 2)) cannot be kept as unknown"
        case .badPadding(let step): "padding to multiples of \(step) bytes: not a multiple of 64"
        }
    }
}
