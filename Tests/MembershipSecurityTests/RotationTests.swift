import MembershipWire
import Testing

@testable import MembershipSecurity

/// Gates and streams whose keys are replaced while they run.
struct RotationTests {
    private static func secrets(_ keyset: Keyset, at time: UInt64 = 1_000) -> ClusterSecrets {
        ClusterSecrets(keyset: keyset, cluster: Golden.cluster, at: time)
    }

    private static var stages: [ClusterSecrets] { KeysetTests.steps.map { secrets($0) } }

    private func seal(
        _ gate: inout FrameGate, _ sequence: UInt64
    ) throws -> [UInt8] {
        var frame: [UInt8] = []
        try gate.seal(
            Golden.plaintext, sequence: sequence, to: Golden.b.boot.id,
            bootKey: Golden.b.boot.publicKey, into: &frame)
        return frame
    }

    private func open(_ gate: inout FrameGate, _ frame: [UInt8]) -> FrameGate.Opening {
        var plaintext: [UInt8] = []
        return gate.open(frame, into: &plaintext, bootKey: Golden.bootKey)
    }

    @Test func `two who are one stage apart always understand each other`() throws {
        var a = FrameGate(secrets: Self.secrets(KeysetTests.start), boot: Golden.a.boot)
        var b = FrameGate(secrets: Self.secrets(KeysetTests.start), boot: Golden.b.boot)
        var sequence: UInt64 = 0
        for stage in Self.stages {
            for aGoesFirst in [true, false] {
                if aGoesFirst { a.renewKeys(stage) } else { b.renewKeys(stage) }
                sequence += 1
                #expect(open(&b, try seal(&a, sequence)).isOpened)
            }
        }
    }

    @Test func `a frame recorded before a rotation is refused after it, under each of its keys`()
        throws
    {
        var a = FrameGate(secrets: Self.secrets(KeysetTests.start), boot: Golden.a.boot)
        var b = FrameGate(secrets: Self.secrets(KeysetTests.start), boot: Golden.b.boot)
        var recorded: [[UInt8]] = []
        for (index, stage) in ([Self.secrets(KeysetTests.start)] + Self.stages).enumerated() {
            a.renewKeys(stage)
            b.renewKeys(stage)
            let frame = try seal(&a, UInt64(index) + 1)
            #expect(open(&b, frame).isOpened)
            recorded.append(frame)
            for old in recorded { #expect(!open(&b, old).isOpened) }
        }
        // The first two were under the old key, which is retired by now.
        #expect(b.counters[.unknownKey] == 2)
        #expect(b.counters[.replay] == 8)
    }

    @Test func `a datagram under a retired key is not opened, and shows who may be behind`() throws
    {
        var a = FrameGate(secrets: Self.secrets(KeysetTests.start), boot: Golden.a.boot)
        var b = FrameGate(secrets: Self.stages[2], boot: Golden.b.boot)
        var plaintext: [UInt8] = []
        let frame = try seal(&a, 1)
        let opening = b.open(frame, into: &plaintext, bootKey: Golden.bootKey)
        #expect(opening == .outdated(Golden.a.boot.id, Golden.key.id))
        #expect(plaintext.isEmpty)
        #expect(b.counters[.unknownKey] == 1 && b.counters.opened == 0)
        // Without the right MAC nothing is shown, nor of a frame that is for another boot.
        for position in [4, 8, 16, 24] {
            var forged = frame
            forged[position] ^= 1
            #expect(open(&b, forged) == .refused(.unknownKey))
        }
        var c = FrameGate(secrets: Self.stages[2], boot: Golden.c.boot)
        #expect(open(&c, frame) == .refused(.unknownKey))
        // Nor of one that is wrong in what is looked at before the key, nor of first contact.
        let old = FrameKeys(Golden.key, cluster: Golden.cluster)
        func forged(magic: UInt8 = 0x49, suite: UInt8) -> ForgedFrame {
            ForgedFrame(magic: magic, versionAndSuite: suite, keys: old, sequence: 3)
        }
        #expect(open(&b, forged(suite: 0x12).bytes) == opening)
        #expect(open(&b, forged(suite: 0x11).bytes) == .refused(.unknownKey))
        #expect(open(&b, forged(suite: 0x22).bytes) == .refused(.version))
        #expect(open(&b, forged(magic: 0x4A, suite: 0x12).bytes) == .refused(.magic))
        // Nor after its time.
        b.renewKeys(Self.secrets(KeysetTests.steps[2], at: 1_100))
        #expect(open(&b, try seal(&a, 2)) == .refused(.unknownKey))
    }

    @Test func `each of several retired keys is known by its id`() throws {
        var keyset = KeysetTests.steps[2]
        for _ in 0..<3 {
            keyset = try keyset.next(
                by: Golden.a.identity, in: Golden.cluster, at: 1_000, grace: 100)
        }
        try #require(keyset.retired.count == 2)
        var gate = FrameGate(secrets: Self.secrets(keyset), boot: Golden.b.boot)
        for key in keyset.retired.map(\.key) {
            let keys = FrameKeys(key, cluster: Golden.cluster)
            #expect(
                gate.receive(ForgedFrame(keyID: key.id, keys: keys))
                    == .outdated(Golden.a.boot.id, key.id))
        }
    }

    @Test func `a key that has the id of the one before is another key`() throws {
        let (one, other) = try #require(Self.collidingKeys())
        let secrets = [one, other].map {
            ClusterSecrets(keyring: Keyring($0), cluster: Golden.cluster)
        }
        var a = FrameGate(secrets: secrets[0], boot: Golden.a.boot)
        var b = FrameGate(secrets: secrets[0], boot: Golden.b.boot)
        #expect(open(&b, try seal(&a, 1)).isOpened)
        // Each of the two has by now derived the keys of the pair under the first.
        a.renewKeys(secrets[1])
        let frame = try seal(&a, 2)
        var fresh = FrameGate(secrets: secrets[1], boot: Golden.b.boot)
        #expect(open(&fresh, frame).isOpened)
        b.renewKeys(secrets[1])
        #expect(open(&b, frame).isOpened)
    }

    /// Two keys of one id: among a thousand there hardly are none.
    private static func collidingKeys() -> (ClusterKey, ClusterKey)? {
        var numbers = Numbers(seed: 5)
        var known: [KeyID: ClusterKey] = [:]
        for _ in 0..<2_000 {
            let key = Golden.makeKey(numbers.bytes(32))
            if let other = known.updateValue(key, forKey: key.id) { return (other, key) }
        }
        return nil
    }

    @Test func `a stream under a retired key is answered and known for one`() throws {
        let hello = Array("hello".utf8)
        func call(
            _ caller: ClusterSecrets, under key: KeyID? = nil, _ called: ClusterSecrets
        ) throws -> Bool {
            var a = StreamCrypto.initiator(secrets: caller, boot: Golden.a.boot)
            var b = StreamCrypto.responder(secrets: called, boot: Golden.b.boot)
            let first = try a.start(hello: hello, under: key)
            try b.check(preamble: Array(first[..<8]))
            let read = try b.readHello(preamble: Array(first[..<8]), message: Array(first[10...]))
            #expect(read == hello)
            return b.isUnderRetiredKey
        }
        let (old, new) = (Self.secrets(KeysetTests.start), Self.stages[2])
        #expect(try call(old, new))
        #expect(try !call(new, new))
        #expect(try !call(old, Self.stages[1]))
        // The other way round: to who is behind it is a key like any other.
        #expect(try !call(new, under: Golden.key.id, old))
        #expect(throws: StreamError.unknownKey(Golden.key.id)) {
            try call(old, Self.secrets(KeysetTests.steps[2], at: 1_100))
        }
        #expect(throws: StreamError.unknownKey(KeyID(7))) { try call(new, under: KeyID(7), new) }
    }

    @Test func `keys given on a stream arrive as they are`() throws {
        var a = StreamCrypto.initiator(secrets: Golden.secrets, boot: Golden.a.boot)
        var b = StreamCrypto.responder(secrets: Golden.secrets, boot: Golden.b.boot)
        #expect(throws: StreamError.noise(.outOfTurn)) { try a.seal(keys: KeysetTests.steps[0]) }
        a = StreamCrypto.initiator(secrets: Golden.secrets, boot: Golden.a.boot)
        let first = try a.start(hello: [])
        _ = try b.readHello(preamble: Array(first[..<8]), message: Array(first[10...]))
        _ = try a.readHelloAck(Array(b.writeHelloAck([])[2...]))
        _ = try b.readJoin(Array(a.writeJoin([])[2...]))
        for keyset in [KeysetTests.start] + KeysetTests.steps {
            var record = try b.open(Array(a.seal(keys: keyset)[2...]))
            #expect(record.first == Keyset.messageType)
            let given = try Keyset.decode(wiping: &record)
            #expect(given?.hash == (keyset.version == 0 ? nil : keyset.hash))
        }
    }
}
