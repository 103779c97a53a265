/// The content of one datagram: a kind of message, its fixed fields and its items.
/// Specs/Wire.md, section 4.
package struct Datagram: Equatable, Sendable {
    package var body: Body
    package var items: [Item]

    package init(_ body: Body, _ items: [Item] = []) {
        self.body = body
        self.items = items
    }

    package enum Body: Equatable, Sendable {
        /// SWIM ping. Its id is the sequence of its frame. An introduction carries the sender's FULL.
        case heartbeat(isIntroduction: Bool)
        /// SWIM ack. Must echo a sequence that is still open.
        case heartbeatAck(echoedSequence: UInt64, health: UInt8)
        /// SWIM ping-req. Names a member, never an address.
        case relayHeartbeat(target: NodeID, token: RelayToken, timeoutMilliseconds: UInt16)
        case relayAck(target: NodeID, echoedSequence: UInt64, proof: RelayProof)
        /// Lifeguard's nack: "I am here, the target did not answer me."
        case relayNack(target: NodeID, echoedSequence: UInt64, reason: RelayNackReason)
        /// Rumors between heartbeats. A final check asks for any newer statement that the receiver
        /// has.
        case gossip(isFinalCheck: Bool)
        /// "I do not know your boot."
        case who(echoedBoot: BootID, echoedSequence: UInt64)
        /// The sender is shutting down; carries its LEFT.
        case goodbye(code: UInt8)
        /// Application data for this one receiver; best effort.
        case message(applicationType: UInt16, payload: [UInt8])
    }
}

/// The reason why a relay could not bring an answer. Other values on the wire are refused.
package enum RelayNackReason: UInt8, Hashable, Sendable {
    /// The target did not answer in time.
    case noAnswer = 1
    /// The relay does not know the target.
    case unknownTarget = 2
    /// The relay has too much work.
    case busy = 3
}
