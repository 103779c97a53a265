/// A Noise handshake, run from its pattern: the turns of the two sides, and the effect of each
/// token.
///
/// Picture two strangers who exchange fresh keys and then, under those, show who they are. Every
/// key agreement goes into their shared key, and everything said goes into the hash that
/// authenticates the next message. Revision 34, section 5.3. With pre-shared keys section 9
/// applies: even `e` is mixed into the key, so that nothing is ever sealed under a key that does
/// not depend on something fresh.
///
/// Invariant: after an error nothing works any more; a handshake is never tried twice.
import MembershipWire

struct NoiseHandshake: ~Copyable, Sendable {
    enum Role: Sendable {
        case initiator
        case responder
    }

    private let pattern: NoisePattern
    private let role: Role
    private let staticKeys: KeyPair?
    private var presharedKeys: [SecretBytes]
    private var ephemeral: KeyPair
    private var hasSentEphemeral = false
    private var remoteEphemeral: Octets32?
    /// The other side's static key, once it is known. Proven only when the handshake is complete.
    private(set) var remoteStatic: Octets32?
    private var symmetric: NoiseSymmetricState
    /// The number of the next message.
    private var turn = 0
    private var failure: NoiseError?

    /// - Parameter ephemeral: a fresh pair, used for this handshake alone.
    init(
        _ pattern: NoisePattern, role: Role, prologue: [UInt8], staticKeys: KeyPair? = nil,
        ephemeral: KeyPair = .random(), remoteStatic: Octets32? = nil,
        presharedKeys: [SecretBytes] = []
    ) throws(NoiseError) {
        self.pattern = pattern
        self.role = role
        self.staticKeys = staticKeys
        self.ephemeral = ephemeral
        self.remoteStatic = remoteStatic
        self.presharedKeys = presharedKeys
        symmetric = NoiseSymmetricState(protocolName: pattern.protocolName)
        prologue.withUnsafeBytes { symmetric.mixHash($0) }
        guard pattern.knowsStatics else { return }
        guard let staticKeys, let remoteStatic else { throw .missingKey }
        let (first, second) =
            role == .initiator
            ? (staticKeys.publicKey, remoteStatic) : (remoteStatic, staticKeys.publicKey)
        first.withBytes { symmetric.mixHash($0) }
        second.withBytes { symmetric.mixHash($0) }
    }

    var isComplete: Bool { turn == pattern.messages.count }

    /// The hash of all messages: the same on both sides, and different in every handshake.
    var handshakeHash: Octets64 { symmetric.hash }

    /// Our next message, with `payload` sealed in it if there is a key already.
    mutating func write(_ payload: [UInt8]) throws(NoiseError) -> [UInt8] {
        try takeTurn(sending: true)
        do throws(NoiseError) {
            var message: [UInt8] = []
            for token in pattern.messages[turn] {
                try write(token, appendingTo: &message)
            }
            try payload.withOctets { (payload) throws(NoiseError) in
                try symmetric.sealAndHash(payload, appendingTo: &message)
            }
            guard message.count <= NoiseTransport.messageBytes.upperBound else { throw .tooLong }
            turn += 1
            return message
        } catch {
            failure = error
            throw error
        }
    }

    /// The payload of the other side's next message.
    mutating func read(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
        try takeTurn(sending: false)
        do throws(NoiseError) {
            guard message.count <= NoiseTransport.messageBytes.upperBound else { throw .tooLong }
            let payload = try message.withOctets { (message) throws(NoiseError) in
                var rest = message
                for token in pattern.messages[turn] {
                    try read(token, from: &rest)
                }
                return try symmetric.openAndHash(rest)
            }
            turn += 1
            return payload
        } catch {
            failure = error
            throw error
        }
    }

    /// The conversation that follows a complete handshake.
    mutating func split() throws(NoiseError) -> NoiseTransport {
        guard failure == nil, isComplete else { throw .outOfTurn }
        failure = .outOfTurn
        var initiator = NoiseCipher()
        var responder = NoiseCipher()
        symmetric.split(initiator: &initiator, responder: &responder)
        switch role {
        case .initiator: return NoiseTransport(sending: initiator, receiving: responder)
        case .responder: return NoiseTransport(sending: responder, receiving: initiator)
        }
    }

    private func takeTurn(sending: Bool) throws(NoiseError) {
        if let failure { throw failure }
        let isOurs = turn.isMultiple(of: 2) == (role == .initiator)
        guard !isComplete, isOurs == sending else { throw .outOfTurn }
    }
}

// MARK: Tokens

extension NoiseHandshake {
    private mutating func write(
        _ token: NoisePattern.Token, appendingTo message: inout [UInt8]
    ) throws(NoiseError) {
        switch token {
        case .e:
            hasSentEphemeral = true
            message.append(contentsOf: ephemeral.publicKey.bytes)
            mixEphemeral(ephemeral.publicKey)
        case .s:
            guard let staticKeys else { throw .missingKey }
            try staticKeys.publicKey.bytes.withOctets { (key) throws(NoiseError) in
                try symmetric.sealAndHash(key, appendingTo: &message)
            }
        case .psk: try mixPresharedKey()
        case .ee, .es, .se, .ss: try agree(token)
        }
    }

    private mutating func read(
        _ token: NoisePattern.Token, from rest: inout UnsafeRawBufferPointer
    ) throws(NoiseError) {
        switch token {
        case .e:
            let key = try Self.take(32, from: &rest)
            let ephemeral = Octets32(filling: { $0.copyMemory(from: key) })
            remoteEphemeral = ephemeral
            mixEphemeral(ephemeral)
        case .s:
            let sealed = try Self.take(32 + symmetric.tagBytes, from: &rest)
            let key = try symmetric.openAndHash(sealed)
            remoteStatic = Octets32(bytes: key)
        case .psk: try mixPresharedKey()
        case .ee, .es, .se, .ss: try agree(token)
        }
    }

    private mutating func mixEphemeral(_ key: Octets32) {
        key.withBytes { symmetric.mixHash($0) }
        if pattern.usesPresharedKeys { key.withBytes { symmetric.mixKey($0) } }
    }

    private mutating func mixPresharedKey() throws(NoiseError) {
        guard !presharedKeys.isEmpty else { throw .missingKey }
        presharedKeys.removeFirst().withBytes { symmetric.mixKeyAndHash($0) }
    }

    private mutating func agree(_ token: NoisePattern.Token) throws(NoiseError) {
        // The token names the initiator's key first; ours is first only if we are the initiator.
        let usesOurStatic: Bool
        let usesTheirStatic: Bool
        switch token {
        case .ee: (usesOurStatic, usesTheirStatic) = (false, false)
        case .es: (usesOurStatic, usesTheirStatic) = (role == .responder, role == .initiator)
        case .se: (usesOurStatic, usesTheirStatic) = (role == .initiator, role == .responder)
        case .ss: (usesOurStatic, usesTheirStatic) = (true, true)
        case .e, .s, .psk: return
        }
        let ours = usesOurStatic ? staticKeys : (hasSentEphemeral ? ephemeral : nil)
        let theirs = usesTheirStatic ? remoteStatic : remoteEphemeral
        guard let ours, let theirs else { throw .missingKey }
        let isSound = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { shared in
            defer { Sodium.wipe(shared) }
            guard ours.agree(with: theirs, into: shared) else { return false }
            symmetric.mixKey(UnsafeRawBufferPointer(shared))
            return true
        }
        guard isSound else { throw .weakKey }
    }

    private static func take(
        _ count: Int, from rest: inout UnsafeRawBufferPointer
    ) throws(NoiseError) -> UnsafeRawBufferPointer {
        guard rest.count >= count else { throw .tooShort }
        defer { rest = rest.part(count..<rest.count) }
        return rest.part(0..<count)
    }
}
