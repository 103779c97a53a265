/// The number of zeros that fill up a datagram, so that its length tells little about its content.
package enum Padding: Hashable, Sendable {
    /// To a multiple of 64 bytes.
    case standard
    /// To a multiple of this many bytes, itself a multiple of 64 from 64 to 1,280; or to 1,280 if
    /// the next multiple would be more.
    case to(Int)
    /// To 1,280 bytes: all datagrams have the same length.
    case maximum

    /// The length that `contentBytes` are filled up to.
    package func length(for contentBytes: Int) throws(EncodingError) -> Int {
        let limit = Bounds.plaintextBytes.upperBound
        guard contentBytes <= limit else { throw .tooLong(bytes: contentBytes, limit: limit) }
        switch self {
        case .standard: return try Padding.to(Bounds.plaintextStep).length(for: contentBytes)
        case .maximum: return limit
        case .to(let step):
            guard Bounds.plaintextBytes.contains(step), step.isMultiple(of: Bounds.plaintextStep)
            else { throw .badPadding(step) }
            let steps = max(1, (contentBytes + step - 1) / step)
            return min(steps * step, limit)
        }
    }
}
