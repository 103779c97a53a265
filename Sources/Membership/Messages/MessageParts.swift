import MembershipWire

/// A message that comes by stream in parts, in order. Nothing is set aside for what was only announced.
struct MessageParts {
    let type: UInt16
    private let total: Int
    private(set) var bytes: [UInt8]

    /// nil if it does not begin at its beginning.
    init?(_ first: StreamMessage.DataPart) {
        guard first.offset == 0 else { return nil }
        type = first.applicationType
        total = Int(first.total)
        bytes = first.bytes
    }

    var isWhole: Bool { bytes.count == total }
    var isTooLong: Bool { total > Bounds.streamedMessageBytes }

    /// False if it is not the next part of this message.
    mutating func append(_ part: StreamMessage.DataPart) -> Bool {
        guard !isWhole, part.applicationType == type, part.total == total,
            part.offset == bytes.count
        else { return false }
        bytes += part.bytes
        return true
    }
}
