import MembershipWire
import Testing

@testable import MembershipSecurity

/// Handshakes that other implementations of Noise have published, replayed from both sides.
struct NoiseVectorTests {
    private struct File: Decodable {
        let vectors: [Vector]
    }

    private struct Vector: Decodable {
        struct Message: Decodable {
            let payload: String
            let ciphertext: String
        }
        let protocol_name: String
        let init_prologue: String
        let init_psks: [String]?
        let init_static: String?
        let init_ephemeral: String
        let init_remote_static: String?
        let resp_prologue: String
        let resp_psks: [String]?
        let resp_static: String?
        let resp_ephemeral: String
        let resp_remote_static: String?
        let handshake_hash: String?
        let messages: [Message]
    }

    private static let patterns: [NoisePattern] = [
        NoisePattern(name: "NN", messages: [[.e], [.e, .ee]]),
        NoisePattern(name: "NNpsk0", messages: [[.psk, .e], [.e, .ee]]),
        NoisePattern(name: "KK", knowsStatics: true, messages: [[.e, .es, .ss], [.e, .ee, .se]]),
        NoisePattern(
            name: "KKpsk0", knowsStatics: true,
            messages: [[.psk, .e, .es, .ss], [.e, .ee, .se]]),
        NoisePattern(name: "XX", messages: [[.e], [.e, .ee, .s, .es], [.s, .se]]),
        NoisePattern(name: "XXpsk3", messages: [[.e], [.e, .ee, .s, .es], [.s, .se, .psk]]),
        NoisePattern(
            name: "XXpsk0+psk3", messages: [[.psk, .e], [.e, .ee, .s, .es], [.s, .se, .psk]]),
    ]

    @Test func `published handshakes come out byte for byte`() throws {
        guard let file = try PublishedVectors.load("noise.json", as: File.self) else { return }
        #expect(file.vectors.count == 10)
        for vector in file.vectors { try replay(vector) }
    }

    private func replay(_ vector: Vector) throws {
        let pattern = try #require(
            Self.patterns.first { $0.protocolName == vector.protocol_name },
            "no pattern for \(vector.protocol_name)")
        var initiator = try NoiseHandshake(
            pattern, role: .initiator, prologue: hex(vector.init_prologue),
            staticKeys: vector.init_static.map(pair), ephemeral: pair(vector.init_ephemeral),
            remoteStatic: vector.init_remote_static.flatMap { Octets32(bytes: hex($0)) },
            presharedKeys: (vector.init_psks ?? []).map { SecretBytes(copying: hex($0)) })
        var responder = try NoiseHandshake(
            pattern, role: .responder, prologue: hex(vector.resp_prologue),
            staticKeys: vector.resp_static.map(pair), ephemeral: pair(vector.resp_ephemeral),
            remoteStatic: vector.resp_remote_static.flatMap { Octets32(bytes: hex($0)) },
            presharedKeys: (vector.resp_psks ?? []).map { SecretBytes(copying: hex($0)) })

        let handshakeMessages = pattern.messages.count
        for (index, message) in vector.messages[..<handshakeMessages].enumerated() {
            let payload = hex(message.payload)
            if index.isMultiple(of: 2) {
                let written = try initiator.write(payload)
                #expect(written == hex(message.ciphertext), "\(vector.protocol_name) \(index)")
                #expect(try responder.read(written) == payload)
            } else {
                let written = try responder.write(payload)
                #expect(written == hex(message.ciphertext), "\(vector.protocol_name) \(index)")
                #expect(try initiator.read(written) == payload)
            }
        }
        #expect(initiator.handshakeHash == responder.handshakeHash)
        if let hash = vector.handshake_hash {
            #expect(initiator.handshakeHash.bytes == hex(hash))
        }

        var caller = try initiator.split()
        var called = try responder.split()
        for (index, message) in vector.messages.enumerated().dropFirst(handshakeMessages) {
            let payload = hex(message.payload)
            var written: [UInt8] = []
            if index.isMultiple(of: 2) {
                try payload.withOctets { (payload) throws(NoiseError) in
                    try caller.seal(payload, appendingTo: &written)
                }
            } else {
                try payload.withOctets { (payload) throws(NoiseError) in
                    try called.seal(payload, appendingTo: &written)
                }
            }
            #expect(written == hex(message.ciphertext), "\(vector.protocol_name) \(index)")
            let read = try written.withOctets { (written) throws(NoiseError) in
                index.isMultiple(of: 2) ? try called.open(written) : try caller.open(written)
            }
            #expect(read == payload)
        }
    }

    private func pair(_ text: String) -> KeyPair {
        KeyPair(secret: SecretBytes(copying: hex(text)))
    }
}

struct NoiseRulesTests {
    @Test func `a cipher stops before its last number`() throws {
        var cipher = NoiseCipher()
        let key = [UInt8](repeating: 1, count: 32)
        key.withUnsafeBytes { cipher.setKey($0, nonce: .max - 1) }
        var sealed: [UInt8] = []
        try cipher.seal(.empty, appendingTo: &sealed)
        #expect(sealed.count == 16)
        #expect(throws: NoiseError.nonceExhausted) {
            try cipher.seal(.empty, appendingTo: &sealed)
        }
        #expect(throws: NoiseError.nonceExhausted) { try cipher.open(.empty) }
        #expect(sealed.count == 16)
    }

    @Test func `a public key of small order ends the handshake`() throws {
        let pattern = NoisePattern(name: "NN", messages: [[.e], [.e, .ee]])
        var responder = try NoiseHandshake(pattern, role: .responder, prologue: [])
        _ = try responder.read([UInt8](repeating: 0, count: 32))
        #expect(throws: NoiseError.weakKey) { try responder.write([]) }
        #expect(throws: NoiseError.weakKey) { try responder.write([]) }
    }

    @Test func `a handshake that failed is not tried again`() throws {
        let pattern = NoisePattern(name: "NN", messages: [[.e], [.e, .ee]])
        var initiator = try NoiseHandshake(pattern, role: .initiator, prologue: [])
        var responder = try NoiseHandshake(pattern, role: .responder, prologue: [])
        let message = try initiator.write([])
        #expect(throws: NoiseError.tooShort) { try responder.read([1, 2, 3]) }
        #expect(throws: NoiseError.tooShort) { try responder.read(message) }
        #expect(throws: NoiseError.outOfTurn) { _ = try responder.split() }
    }

    @Test func `a handshake without its keys is refused`() throws {
        let kk = NoisePattern(name: "KK", knowsStatics: true, messages: [[.e, .es, .ss]])
        #expect(throws: NoiseError.missingKey) {
            _ = try NoiseHandshake(kk, role: .initiator, prologue: [])
        }
        var initiator = try NoiseHandshake(.xxpsk0, role: .initiator, prologue: [])
        #expect(throws: NoiseError.missingKey) { try initiator.write([]) }
    }

    @Test func `messages that are cut anywhere are refused`() throws {
        for count in 0..<Golden.Stream.third.count - 2 {
            var b = StreamCrypto(
                role: .responder, secrets: Golden.secrets, boot: Golden.b.boot,
                ephemeral: Golden.makePair(0x66))
            let first = Golden.Stream.first
            _ = try b.readHello(preamble: Array(first[..<8]), message: Array(first[10...]))
            _ = try b.writeHelloAck(Array("hello-ack".utf8))
            #expect(throws: StreamError.self, "\(count) bytes") {
                try b.readJoin(Array(Golden.Stream.third[2..<2 + count]))
            }
        }
    }
}
