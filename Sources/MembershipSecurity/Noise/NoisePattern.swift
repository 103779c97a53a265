/// The patterns of Noise handshakes. noiseprotocol.org, revision 34, sections 5, 7 and 9.
///
/// A pattern is a list of messages, sent in turn beginning with the initiator; a message is a list
/// of tokens, then a payload. One machine runs them all, so the published vectors of other patterns
/// also prove the pattern that is used here.
struct NoisePattern: Equatable, Sendable {
    enum Token: Equatable, Sendable {
        /// A fresh public key, in clear.
        case e
        /// The sender's static key, encrypted once there is a key.
        case s
        /// Diffie-Hellman: the first letter is the initiator's key, the second the responder's.
        case ee, es, se, ss
        /// The next pre-shared key.
        case psk
    }

    /// As in the name of the protocol, e.g. "XXpsk0".
    let name: String
    /// Whether each side knows the other's static key before the first message (KK).
    let knowsStatics: Bool
    let messages: [[Token]]

    init(name: String, knowsStatics: Bool = false, messages: [[Token]]) {
        self.name = name
        self.knowsStatics = knowsStatics
        self.messages = messages
    }

    /// The pattern of streams: both sides prove a static key, a caller without the pre-shared key
    /// gets no answer, and neither static key is ever visible in clear.
    static let xxpsk0 = NoisePattern(
        name: "XXpsk0", messages: [[.psk, .e], [.e, .ee, .s, .es], [.s, .se]])

    var usesPresharedKeys: Bool { messages.joined().contains(.psk) }

    /// At most 64 bytes for every pattern in use, so that it is padded and never hashed.
    var protocolName: String { "Noise_\(name)_25519_ChaChaPoly_BLAKE2b" }
}

/// The reason why a handshake or a transport ended. It cannot be used afterwards.
package enum NoiseError: Error, Equatable, Sendable {
    /// It is the other side's turn, or the handshake is not finished, or it already is.
    case outOfTurn
    case tooShort
    /// More than 65,535 bytes.
    case tooLong
    /// The other side has another key, another prologue, or the bytes were changed.
    case tag
    /// A public key of small order.
    case weakKey
    /// A static or pre-shared key that the pattern needs was not given.
    case missingKey
    /// 2^64 - 1 messages.
    case nonceExhausted
    /// This process was forked from the one that did the handshake, which still uses its keys.
    case forked
}
