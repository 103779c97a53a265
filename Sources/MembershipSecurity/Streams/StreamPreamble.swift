/// The eight bytes before a stream's handshake: `49 1A ‖ key id u16 ‖ mac1 u32`.
///
/// mac1 is SipHash over the first four bytes and the one-time key that opens the handshake: it
/// reveals a stranger's connection before any curve is computed. Its key depends on the cluster's
/// name. So a known key id with a wrong MAC means another cluster, and the node can say so to the
/// caller (`ClearReject`). Specs/Wire.md, section 5.
package import MembershipWire

enum StreamPreamble {
    static let byteCount = 8
    private static let start: [UInt8] = [0x49, 0x1A]
    private static let ephemeralBytes = 32

    static func make(keys: FrameKeys, ephemeral: Octets32) -> [UInt8] {
        var bytes = start
        bytes.append(bigEndian: keys.id.value)
        bytes.append(bigEndian: mac(of: bytes, ephemeral.bytes, keys: keys))
        return bytes
    }

    /// The key that a caller names, if it is one of ours or was one recently.
    static func key(
        of preamble: [UInt8], in secrets: ClusterSecrets
    ) throws(StreamError) -> (keys: FrameKeys, isRetired: Bool) {
        guard preamble.count == byteCount, Array(preamble[0..<2]) == start else {
            throw .notAPreamble
        }
        return try secrets.streamKeys(KeyID(preamble.withUnsafeBytes { $0.load(bigEndianAt: 2) }))
    }

    /// Whether the caller holds that key, in a cluster of this name.
    static func isGenuine(_ preamble: [UInt8], before message: [UInt8], keys: FrameKeys) -> Bool {
        guard preamble.count == byteCount, message.count >= ephemeralBytes else { return false }
        let expected = mac(
            of: Array(preamble[0..<4]), Array(message[0..<ephemeralBytes]), keys: keys)
        return preamble.withUnsafeBytes { $0.load(bigEndianAt: 4) } == expected
    }

    /// The one-time key at the start of HELLO; nil if it is too short.
    static func ephemeral(in message: [UInt8]) -> Octets32? {
        Octets32(bytes: message.prefix(ephemeralBytes))
    }

    private static func mac(of start: [UInt8], _ ephemeral: [UInt8], keys: FrameKeys) -> UInt32 {
        (start + ephemeral).withUnsafeBytes { input in
            keys.withMACKey { Sodium.siphash32(input, key: $0) }
        }
    }
}

/// The reason why a stream ended. It cannot be used afterwards.
package enum StreamError: Error, Equatable, Sendable {
    /// The caller does not speak this protocol.
    case notAPreamble
    /// The caller's key is not in our ring.
    case unknownKey(KeyID)
    /// The caller has one of our keys and another cluster name; or its bytes were changed.
    case wrongCluster
    case noise(NoiseError)

    /// The answer to the caller in clear before the connection closes; nil if it does not speak our
    /// protocol, because it then gets no answer.
    package var rejection: ClearReject? {
        switch self {
        case .notAPreamble: nil
        case .unknownKey: ClearReject(.unknownKey)
        case .wrongCluster: ClearReject(.wrongCluster)
        case .noise: ClearReject(.protocolViolation)
        }
    }
}
