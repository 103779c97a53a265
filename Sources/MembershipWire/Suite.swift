/// The derivation of a frame's key: the low four bits of the frame's second byte. Specs/Wire.md,
/// section 2.
package enum Suite: UInt8, Hashable, Sendable, CaseIterable {
    /// From the cluster key alone. Two nodes use it if one does not know the other's boot key yet.
    /// Any holder of the cluster key can make such a frame for any boot.
    case cluster = 1
    /// From both boot keys as well: only the two ends can make or read it.
    case pairwise = 2
}

extension Datagram.Body {
    /// The only suite for a message of this kind. First contact is suite 1, because one end cannot
    /// know a boot key yet. It says only what any key holder may say: an introduction carries a
    /// record that its owner signed, and WHO asks for one.
    package var suite: Suite {
        switch self {
        case .heartbeat(let isIntroduction): isIntroduction ? .cluster : .pairwise
        case .who: .cluster
        case .heartbeatAck, .relayHeartbeat, .relayAck, .relayNack, .gossip, .goodbye, .message:
            .pairwise
        }
    }
}

extension MessageCodec {
    /// Reads an opened plaintext that came under `suite`, which must be the one of its kind.
    package static func decode(
        datagram plaintext: UnsafeRawBufferPointer, under suite: Suite
    ) throws(WireError) -> Datagram {
        let datagram = try decode(datagram: plaintext)
        guard datagram.body.suite == suite else { throw .wrongSuite }
        return datagram
    }

    /// Reads an opened plaintext that came under `suite`, which must be the one of its kind.
    package static func decode(
        datagram plaintext: [UInt8], under suite: Suite
    ) throws(WireError) -> Datagram {
        let datagram = try decode(datagram: plaintext)
        guard datagram.body.suite == suite else { throw .wrongSuite }
        return datagram
    }
}
