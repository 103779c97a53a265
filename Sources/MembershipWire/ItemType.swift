/// The type byte of an item (TLV). Specs/Wire.md, section 3.
///
/// The highest bit tells a reader how to handle an unknown type. If it is clear, the reader skips
/// the item; if it is set, the reader drops the whole message. Zero ends a list.
package enum ItemType: UInt8, Sendable, CaseIterable {
    case full = 0x01
    case refresh = 0x02
    case suspect = 0x03
    case view = 0x04
    case dead = 0x06
    case user = 0x07
    case relay = 0x08
    case proof = 0x09
    case degraded = 0x0A
    case state = 0x0B
    case stateView = 0x0D
    case gone = 0x0E
    case heard = 0x0F

    /// Ends the list of a datagram; everything after it is zero.
    package static let endOfList: UInt8 = 0
    /// From here on, an unknown type makes the message undecodable.
    package static let firstMandatory: UInt8 = 0x80
    /// Reserved for certificates and the like. Unknown to this version; never in datagrams.
    package static let streamOnly: ClosedRange<UInt8> = 0x20...0x23

    /// Type and length in front of every value.
    package static let headerByteCount = 3
}

/// The type byte of a datagram. Specs/Wire.md, section 4.
package enum DatagramType: UInt8, Sendable, CaseIterable {
    case heartbeat = 0x01
    case heartbeatAck = 0x02
    case relayHeartbeat = 0x03
    case relayAck = 0x04
    case relayNack = 0x05
    case gossip = 0x06
    case who = 0x07
    case goodbye = 0x08
    case message = 0x09

    /// Flag bit 0 of a heartbeat: it introduces its sender.
    package static let introductionFlag: UInt8 = 1
    /// Flag bit 0 of a gossip: answer if you have a newer statement.
    package static let finalCheckFlag: UInt8 = 1
}

/// The type byte of a stream message after the handshake. Specs/Wire.md, section 5.
package enum StreamMessageType: UInt8, Sendable, CaseIterable {
    case peers = 0x10
    case syncBuckets = 0x11
    case syncIDs = 0x12
    case syncWant = 0x13
    case syncDelta = 0x14
    /// 0x15 is KEYS, see `StreamMessage`; 0x16 and 0x17 are kept free.
    case data = 0x18
    case end = 0x1F
}
