/// Cuts the bytes of a connection into messages: a length of two bytes, then the message.
///
/// Bytes arrive in pieces of any size. A length is compared with the bound before any memory is
/// used for it, so a connection holds at most one message more than the bytes of one read.
package import MembershipWire

package struct StreamFramer: Sendable {
    /// Longest message of a handshake; a record of a member and a view fit easily. It is below
    /// 0x491F, so that a rejection in clear is never mistaken for a length.
    package static let handshakeBytes = 4_096
    /// Longest message that Noise allows.
    package static let recordBytes = 65_535

    /// The bound of the next message. Raised when the handshake is complete.
    package var longestMessage: Int
    /// Whether the other side may reject us in clear instead of sending a message. True for the
    /// caller until its first message has arrived.
    private var mayBeRejected: Bool
    private var buffer: [UInt8] = []
    /// The offset of the unread part of `buffer`.
    private var start = 0

    package init(longestMessage: Int = handshakeBytes, mayBeRejected: Bool = false) {
        self.longestMessage = longestMessage
        self.mayBeRejected = mayBeRejected
    }

    /// Bytes that arrived and are not part of a returned message yet.
    package var unreadBytes: Int { buffer.count - start }

    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next `count` bytes as they are: a preamble. nil until all have arrived.
    package mutating func take(_ count: Int) -> [UInt8]? {
        guard unreadBytes >= count else { return nil }
        defer { start += count }
        return Array(buffer[start..<start + count])
    }

    /// The next message; nil until it has all arrived.
    package mutating func next() throws(StreamFramingError) -> [UInt8]? {
        guard unreadBytes >= 2 else { return nil }
        if mayBeRejected, buffer[start...].starts(with: ClearReject.magic) {
            guard unreadBytes >= ClearReject.byteCount else { return nil }
            let bytes = Array(buffer[start..<start + ClearReject.byteCount])
            guard let reject = try? ClearReject(parsing: bytes) else { throw .badRejection }
            throw .rejected(reject.code)
        }
        let length = Int(buffer[start]) << 8 | Int(buffer[start + 1])
        guard length <= longestMessage else { throw .tooLong(length, longest: longestMessage) }
        guard length >= Sodium.tagBytes else { throw .tooShort(length) }
        guard unreadBytes >= 2 + length else { return nil }
        defer { start += 2 + length }
        mayBeRejected = false
        return Array(buffer[start + 2..<start + 2 + length])
    }
}

/// The reason why the bytes of a connection are not valid. Nothing after them can be read.
package enum StreamFramingError: Error, Equatable, Sendable {
    case tooLong(Int, longest: Int)
    /// Shorter than a tag.
    case tooShort(Int)
    /// The other side rejected us. Unauthenticated: it may come from anyone.
    case rejected(StreamEndCode)
    /// Begins like a rejection and is not a rejection of this version.
    case badRejection
}
