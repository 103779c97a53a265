package import MembershipWire

/// The size of a message on the network, in bytes: counted, not encoded.
package enum WireCost {
    /// IPv4 and UDP headers.
    static let datagramHeaders = 28
    /// In a stream: length and tag of the message, and an IP and a TCP header.
    static let parcelOverhead = 2 + 16 + 40

    /// The size of the frame, with its plaintext filled up to a multiple of 64, and the headers of
    /// UDP and IP.
    package static func bytes(of datagram: Datagram) -> Int {
        let steps = (datagram.byteCount + Bounds.plaintextStep - 1) / Bounds.plaintextStep
        return max(steps, 1) * Bounds.plaintextStep + Bounds.frameOverheadBytes + datagramHeaders
    }

    package static func bytes(of message: StreamMessage) -> Int {
        message.byteCount + parcelOverhead
    }
}
