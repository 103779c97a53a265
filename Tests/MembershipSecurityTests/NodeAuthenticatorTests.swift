import MembershipWire
import Testing

@testable import MembershipSecurity

struct NodeAuthenticatorTests {
    private let a = Golden.a.authenticator
    private let b = Golden.b.authenticator
    private let c = Golden.c.authenticator

    /// B accuses A, whose core hash is 44…44, in incarnation 7.
    private let suspicion = SignedText.suspicion(
        target: Golden.a.identity.nodeID, CoreHash(Octets32(repeating: 0x44)),
        Incarnation(7) ?? .first, accuser: Golden.b.identity.nodeID)

    @Test func `a signature is the one of the specification`() {
        let expected = hex(
            """
            ba40cbf83e7970f1aea8b17df338f6187508f721e14215b84bcaf64a47890831\
            a6f266c6c4c34f5d681784bcfcba184054e1ac5698c762bb359e80c2dc2a830b
            """)
        #expect(b.sign(suspicion).octets.bytes == expected)
    }

    @Test func `a signature holds for its signer, its text and its cluster only`() {
        let signature = b.sign(suspicion)
        #expect(a.isValid(signature, of: suspicion, by: Golden.b.identity.publicKey))
        #expect(!a.isValid(signature, of: suspicion, by: Golden.a.identity.publicKey))
        let other = SignedText.suspicion(
            target: Golden.a.identity.nodeID, CoreHash(Octets32(repeating: 0x44)),
            Incarnation(8) ?? .first, accuser: Golden.b.identity.nodeID)
        #expect(!a.isValid(signature, of: other, by: Golden.b.identity.publicKey))
        let elsewhere = NodeAuthenticator(
            identity: Golden.a.identity, boot: Golden.a.boot,
            secrets: ClusterSecrets(
                keyring: Keyring(Golden.key), cluster: ClusterID(named: "prod-eu2")))
        #expect(!elsewhere.isValid(signature, of: suspicion, by: Golden.b.identity.publicKey))
    }

    @Test func `hashes and ids are those of the specification`() {
        #expect(
            a.hash(of: Array("abc".utf8)).octets.bytes
                == hex("d8085a4d2887334b37f60953c84aa57859085b0b1a55e9e53267a5e55f9dd142"))
        #expect(a.nodeID(of: Golden.b.identity.publicKey) == Golden.b.identity.nodeID)
        #expect(a.bootID(of: Golden.b.boot.publicKey) == Golden.b.boot.id)
    }

    @Test func `a relay proof holds for its token, its target and its requester only`() throws {
        let token = RelayToken(Octets16(repeating: 0x33))
        let proof = try #require(b.relayProof(of: token, for: Golden.a.boot.publicKey))
        #expect(proof.octets.bytes == hex("0810e9ffe9603c795d3a12adf8a1173d"))
        #expect(a.isValid(proof, of: token, by: Golden.b.boot.publicKey))
        #expect(!a.isValid(proof, of: token, by: Golden.c.boot.publicKey))
        #expect(!c.isValid(proof, of: token, by: Golden.b.boot.publicKey))
        #expect(
            !a.isValid(
                proof, of: RelayToken(Octets16(repeating: 0x34)), by: Golden.b.boot.publicKey))
    }

    @Test func `a relay that has all keys of the cluster cannot make its target's proof`() throws {
        // C asks with the token and answers in B's name, with what C has: its own boot key.
        let token = RelayToken(Octets16(repeating: 0x33))
        let forged = try #require(c.relayProof(of: token, for: Golden.a.boot.publicKey))
        #expect(!a.isValid(forged, of: token, by: Golden.b.boot.publicKey))
        #expect(a.relayProof(of: token, for: BootKey(Octets32())) == nil)
        #expect(!a.isValid(forged, of: token, by: BootKey(Octets32())))
    }

    @Test func `a relay token does not follow from the draw that replays`() {
        let draw = RelayToken(Octets16(repeating: 7))
        let tokens = Set((0..<100).map { _ in a.makeRelayToken(draw) })
        #expect(tokens.count == 100)
        #expect(!tokens.contains(draw))
    }

    @Test func `a relay proof under the target's new key holds while both keys are installed`()
        throws
    {
        var ring = Keyring(Golden.key)
        let new = Golden.makeKey([UInt8](repeating: 9, count: 32))
        try ring.install(new)
        let token = RelayToken(Octets16(repeating: 0x33))
        let target = NodeAuthenticator(
            identity: Golden.b.identity, boot: Golden.b.boot,
            secrets: ClusterSecrets(keyring: Keyring(new), cluster: Golden.cluster))
        let proof = try #require(
            target.relayProof(of: token, for: Golden.a.boot.publicKey))
        let requester = NodeAuthenticator(
            identity: Golden.a.identity, boot: Golden.a.boot,
            secrets: ClusterSecrets(keyring: ring, cluster: Golden.cluster))
        #expect(requester.isValid(proof, of: token, by: Golden.b.boot.publicKey))
        #expect(!a.isValid(proof, of: token, by: Golden.b.boot.publicKey))
    }
}
