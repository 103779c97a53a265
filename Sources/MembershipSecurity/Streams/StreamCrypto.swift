/// One end of an encrypted stream: three messages that prove both sides' keys, then records.
/// Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b; Specs/Wire.md, section 5.
///
///     caller      start(hello:) ──────▶  readHello             preamble, psk, e
///                 readHelloAck  ◀──────  writeHelloAck(_:)     e, ee, s, es
///                 writeJoin(_:) ──────▶  readJoin              s, se
///                 seal(_:) / open(_:)  ◀────▶  the same
///
/// The static key of each side is its boot key: the caller of `readHelloAck` and `readJoin`
/// compares `remoteBootKey` with the record in the payload. HELLO may be a recording, so nothing it
/// requests is done until `readJoin` has succeeded.
///
/// Every method that writes returns bytes ready for the socket, preceded by their length. Every
/// method that reads takes one message of a `StreamFramer`. After an error the stream is unusable.
package import MembershipWire

package struct StreamCrypto: ~Copyable, Sendable {
    /// The static key of the other side; proven by that side's last message of the handshake.
    package private(set) var remoteBootKey: BootKey?

    /// Whether the other side called under a key that we have retired; then the stream is for keys
    /// only.
    package private(set) var isUnderRetiredKey = false

    private let role: NoiseHandshake.Role
    private let secrets: ClusterSecrets
    private let boot: BootKeys
    private let ephemeral: KeyPair
    private var handshake: NoiseHandshake?
    private var transport: NoiseTransport?

    /// The side that connected.
    package static func initiator(secrets: ClusterSecrets, boot: BootKeys) -> StreamCrypto {
        StreamCrypto(role: .initiator, secrets: secrets, boot: boot, ephemeral: .random())
    }

    /// The side that was called.
    package static func responder(secrets: ClusterSecrets, boot: BootKeys) -> StreamCrypto {
        StreamCrypto(role: .responder, secrets: secrets, boot: boot, ephemeral: .random())
    }

    /// - Parameter ephemeral: used for this stream alone; fixed in fixtures only.
    init(role: NoiseHandshake.Role, secrets: ClusterSecrets, boot: BootKeys, ephemeral: KeyPair) {
        self.role = role
        self.secrets = secrets
        self.boot = boot
        self.ephemeral = ephemeral
    }

    /// Whether records can be sealed and opened.
    package var isOpen: Bool { transport != nil }
}

// MARK: The caller

extension StreamCrypto {
    /// Preamble and HELLO: the first bytes on the connection.
    ///
    /// - Parameter key: one that we have retired, to call a member that still has it; nil: the key
    ///   that seals. Throws `.unknownKey` if it is not one of our keys.
    package mutating func start(
        hello: [UInt8], under key: KeyID? = nil
    ) throws(StreamError) -> [UInt8] {
        guard role == .initiator, handshake == nil, transport == nil else {
            throw .noise(.outOfTurn)
        }
        let keys = if let key { try secrets.streamKeys(key).keys } else { secrets.primary }
        let preamble = StreamPreamble.make(keys: keys, ephemeral: ephemeral.publicKey)
        try beginHandshake(preamble: preamble, keys: keys)
        return try preamble + write(hello)
    }

    /// The payload of HELLO_ACK. Now `remoteBootKey` is known.
    package mutating func readHelloAck(_ message: [UInt8]) throws(StreamError) -> [UInt8] {
        guard role == .initiator else { throw .noise(.outOfTurn) }
        return try read(message)
    }

    /// JOIN. Now records can be sealed and opened.
    package mutating func writeJoin(_ payload: [UInt8]) throws(StreamError) -> [UInt8] {
        guard role == .initiator else { throw .noise(.outOfTurn) }
        let bytes = try write(payload)
        try finishHandshake()
        return bytes
    }
}

// MARK: The called

extension StreamCrypto {
    /// Whether it is worth waiting for a message after the preamble: throws if it names none of our
    /// keys.
    package func check(preamble: [UInt8]) throws(StreamError) {
        _ = try StreamPreamble.key(of: preamble, in: secrets)
    }

    /// Whether HELLO was made by a holder of the preamble's key, which costs a hash and no curve.
    /// Returns its one-time key, by which a recording can be recognised.
    package func check(
        preamble: [UInt8], before message: [UInt8]
    ) throws(StreamError) -> Octets32 {
        let (keys, _) = try StreamPreamble.key(of: preamble, in: secrets)
        guard let ephemeral = StreamPreamble.ephemeral(in: message),
            StreamPreamble.isGenuine(preamble, before: message, keys: keys)
        else { throw .wrongCluster }
        return ephemeral
    }

    /// The payload of HELLO, which may be a recording.
    package mutating func readHello(
        preamble: [UInt8], message: [UInt8]
    ) throws(StreamError) -> [UInt8] {
        guard role == .responder, handshake == nil, transport == nil else {
            throw .noise(.outOfTurn)
        }
        let (keys, isRetired) = try StreamPreamble.key(of: preamble, in: secrets)
        guard StreamPreamble.isGenuine(preamble, before: message, keys: keys) else {
            throw .wrongCluster
        }
        isUnderRetiredKey = isRetired
        try beginHandshake(preamble: preamble, keys: keys)
        return try read(message)
    }

    package mutating func writeHelloAck(_ payload: [UInt8]) throws(StreamError) -> [UInt8] {
        guard role == .responder else { throw .noise(.outOfTurn) }
        return try write(payload)
    }

    /// The payload of JOIN. Now `remoteBootKey` is proven and records can be sealed and opened.
    package mutating func readJoin(_ message: [UInt8]) throws(StreamError) -> [UInt8] {
        guard role == .responder else { throw .noise(.outOfTurn) }
        let payload = try read(message)
        try finishHandshake()
        return payload
    }
}

// MARK: Records

extension StreamCrypto {
    /// A record of up to 65,519 bytes, sealed and preceded by its length.
    package mutating func seal(_ record: [UInt8]) throws(StreamError) -> [UInt8] {
        try record.withOctets { (record) throws(StreamError) in try seal(record) }
    }

    /// KEYS, sealed; none of its bytes stay in memory that is not locked.
    package mutating func seal(keys keyset: Keyset) throws(StreamError) -> [UInt8] {
        try keyset.makeMessage().withBytes { (record) throws(StreamError) in try seal(record) }
    }

    private mutating func seal(_ record: UnsafeRawBufferPointer) throws(StreamError) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(record.count + Sodium.tagBytes + 2)
        do throws(NoiseError) {
            guard NoiseTransport.payloadBytes.contains(record.count) else { throw .tooLong }
            message.append(bigEndian: UInt16(record.count + Sodium.tagBytes))
            guard transport != nil else { throw .outOfTurn }
            try transport?.seal(record, appendingTo: &message)
        } catch {
            throw .noise(error)
        }
        return message
    }

    /// The record in one message.
    package mutating func open(_ message: [UInt8]) throws(StreamError) -> [UInt8] {
        do throws(NoiseError) {
            let record = try message.withOctets { (message) throws(NoiseError) in
                try transport?.open(message)
            }
            guard let record else { throw .outOfTurn }
            return record
        } catch {
            throw .noise(error)
        }
    }
}

// MARK: The handshake within

extension StreamCrypto {
    private mutating func beginHandshake(
        preamble: [UInt8], keys: FrameKeys
    ) throws(StreamError) {
        do throws(NoiseError) {
            handshake = try NoiseHandshake(
                .xxpsk0, role: role, prologue: preamble + secrets.cluster.octets.bytes,
                staticKeys: boot.pair, ephemeral: ephemeral,
                presharedKeys: [keys.makePresharedKey()])
        } catch {
            throw .noise(error)
        }
    }

    private mutating func write(_ payload: [UInt8]) throws(StreamError) -> [UInt8] {
        do throws(NoiseError) {
            guard let message = try handshake?.write(payload) else { throw .outOfTurn }
            var bytes: [UInt8] = []
            bytes.append(bigEndian: UInt16(message.count))
            return bytes + message
        } catch {
            throw .noise(error)
        }
    }

    private mutating func read(_ message: [UInt8]) throws(StreamError) -> [UInt8] {
        do throws(NoiseError) {
            guard let payload = try handshake?.read(message) else { throw .outOfTurn }
            remoteBootKey = handshake?.remoteStatic.map { BootKey($0) }
            return payload
        } catch {
            throw .noise(error)
        }
    }

    private mutating func finishHandshake() throws(StreamError) {
        do throws(NoiseError) {
            transport = try handshake?.split()
            handshake = nil
        } catch {
            throw .noise(error)
        }
    }
}
