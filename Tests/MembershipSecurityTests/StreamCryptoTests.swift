import MembershipWire
import Testing

@testable import MembershipSecurity

struct StreamCryptoTests {
    private func makeCaller(
        _ secrets: ClusterSecrets = Golden.secrets, ephemeral: KeyPair = .random()
    ) -> StreamCrypto {
        StreamCrypto(
            role: .initiator, secrets: secrets, boot: Golden.a.boot, ephemeral: ephemeral)
    }

    private func makeCalled(
        _ secrets: ClusterSecrets = Golden.secrets, ephemeral: KeyPair = .random()
    ) -> StreamCrypto {
        StreamCrypto(
            role: .responder, secrets: secrets, boot: Golden.b.boot, ephemeral: ephemeral)
    }

    /// The one message in bytes ready for a socket.
    private func message(_ bytes: [UInt8]) throws -> [UInt8] {
        var framer = StreamFramer(longestMessage: StreamFramer.recordBytes)
        framer.append(bytes)
        let message = try #require(try framer.next())
        #expect(framer.unreadBytes == 0)
        return message
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `a stream is the one of the specification, byte for byte`() throws {
        var a = makeCaller(ephemeral: Golden.makePair(0x55))
        var b = makeCalled(ephemeral: Golden.makePair(0x66))

        let first = try a.start(hello: text("hello"))
        #expect(first == Golden.Stream.first)
        let hello = try b.readHello(
            preamble: Array(first[..<8]), message: message(Array(first[8...])))
        #expect(hello == text("hello"))
        #expect(b.remoteBootKey == nil)

        let second = try b.writeHelloAck(text("hello-ack"))
        #expect(second == Golden.Stream.second)
        #expect(try a.readHelloAck(message(second)) == text("hello-ack"))
        #expect(a.remoteBootKey == Golden.b.boot.publicKey)
        let isOpenEarly = a.isOpen
        #expect(!isOpenEarly)

        let third = try a.writeJoin(text("join"))
        #expect(third == Golden.Stream.third)
        #expect(try b.readJoin(message(third)) == text("join"))
        #expect(b.remoteBootKey == Golden.a.boot.publicKey)
        let areOpen = a.isOpen && b.isOpen
        #expect(areOpen)

        #expect(try a.seal(text("peers")) == Golden.Stream.peers)
        #expect(try b.seal(text("peers back")) == Golden.Stream.peersBack)
        #expect(try a.seal([]) == Golden.Stream.empty)
        #expect(try b.open(message(Golden.Stream.peers)) == text("peers"))
        #expect(try a.open(message(Golden.Stream.peersBack)) == text("peers back"))
        #expect(try b.open(message(Golden.Stream.empty)) == [])
    }

    @Test func `a first message with any bit flipped is refused`() throws {
        for bit in 0..<Golden.Stream.first.count * 8 {
            var bytes = Golden.Stream.first
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            // The length belongs to the framer.
            guard !(8..<10).contains(bit / 8) else { continue }
            var b = makeCalled()
            #expect(throws: StreamError.self, "bit \(bit)") {
                try b.readHello(preamble: Array(bytes[..<8]), message: Array(bytes[10...]))
            }
        }
    }

    @Test func `a later message with any bit flipped is refused and ends the stream`() throws {
        for bit in 0..<(Golden.Stream.second.count - 2) * 8 {
            var a = makeCaller(ephemeral: Golden.makePair(0x55))
            _ = try a.start(hello: text("hello"))
            var bytes = try message(Golden.Stream.second)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: StreamError.self, "bit \(bit)") { try a.readHelloAck(bytes) }
            #expect(throws: StreamError.self) {
                try a.readHelloAck(message(Golden.Stream.second))
            }
            #expect(throws: StreamError.self) { try a.writeJoin([]) }
        }
    }

    @Test func `callers with another key or another cluster are told apart`() throws {
        let otherKey = Golden.makeKey([UInt8](repeating: 8, count: 32))
        let first = Golden.Stream.first
        var b = makeCalled(ClusterSecrets(keyring: Keyring(otherKey), cluster: Golden.cluster))
        let unknown = StreamError.unknownKey(Golden.key.id)
        #expect(throws: unknown) { try b.check(preamble: Array(first[..<8])) }
        #expect(throws: unknown) {
            try b.readHello(preamble: Array(first[..<8]), message: Array(first[10...]))
        }
        #expect(unknown.rejection == ClearReject(.unknownKey))

        var c = makeCalled(
            ClusterSecrets(keyring: Keyring(Golden.key), cluster: ClusterID(named: "prod-eu2")))
        try c.check(preamble: Array(first[..<8]))
        #expect(throws: StreamError.wrongCluster) {
            try c.readHello(preamble: Array(first[..<8]), message: Array(first[10...]))
        }
        #expect(StreamError.wrongCluster.rejection == ClearReject(.wrongCluster))
    }

    @Test func `who does not speak the protocol is not answered`() {
        let b = makeCalled()
        for bytes in [text("GET / HT"), [0x49, 0x1F, 0xF6, 0xC1, 0, 0, 0, 0], [0x49, 0x1A]] {
            #expect(throws: StreamError.notAPreamble) { try b.check(preamble: bytes) }
        }
        #expect(StreamError.notAPreamble.rejection == nil)
    }

    @Test func `a stream works under an older key of the ring`() throws {
        var ring = Keyring(Golden.makeKey([UInt8](repeating: 8, count: 32)))
        try ring.install(Golden.key)
        var a = makeCaller()
        var b = makeCalled(ClusterSecrets(keyring: ring, cluster: Golden.cluster))
        let first = try a.start(hello: [])
        _ = try b.readHello(preamble: Array(first[..<8]), message: Array(first[10...]))
        _ = try a.readHelloAck(message(try b.writeHelloAck([])))
        _ = try b.readJoin(message(try a.writeJoin([])))
        #expect(b.remoteBootKey == Golden.a.boot.publicKey)
    }

    @Test func `nothing works out of turn`() throws {
        var a = makeCaller()
        #expect(throws: StreamError.noise(.outOfTurn)) { try a.seal([1]) }
        #expect(throws: StreamError.noise(.outOfTurn)) {
            try a.open([UInt8](repeating: 0, count: 16))
        }
        #expect(throws: StreamError.noise(.outOfTurn)) { try a.readHelloAck([]) }
        #expect(throws: StreamError.noise(.outOfTurn)) { try a.writeJoin([]) }
        #expect(throws: StreamError.noise(.outOfTurn)) { try a.writeHelloAck([]) }
        _ = try a.start(hello: [])
        #expect(throws: StreamError.noise(.outOfTurn)) { try a.start(hello: []) }
    }

    @Test func `records that are repeated, overtaken or changed end the stream`() throws {
        func open() throws -> (Pair) {
            var pair = Pair(a: makeCaller(), b: makeCalled())
            let first = try pair.a.start(hello: [])
            _ = try pair.b.readHello(preamble: Array(first[..<8]), message: Array(first[10...]))
            _ = try pair.a.readHelloAck(message(try pair.b.writeHelloAck([])))
            _ = try pair.b.readJoin(message(try pair.a.writeJoin([])))
            return pair
        }
        var repeated = try open()
        let record = try message(repeated.a.seal([1]))
        _ = try repeated.b.open(record)
        #expect(throws: StreamError.noise(.tag)) { try repeated.b.open(record) }

        var overtaken = try open()
        let early = try message(overtaken.a.seal([1]))
        let late = try message(overtaken.a.seal([2]))
        #expect(throws: StreamError.noise(.tag)) { try overtaken.b.open(late) }
        #expect(throws: StreamError.noise(.tag)) { try overtaken.b.open(early) }

        var reflected = try open()
        let own = try message(reflected.a.seal([1]))
        #expect(throws: StreamError.noise(.tag)) { try reflected.a.open(own) }

        var large = try open()
        let most = [UInt8](repeating: 7, count: 65_519)
        #expect(try large.b.open(message(large.a.seal(most))) == most)
        #expect(throws: StreamError.noise(.tooLong)) { try large.a.seal(most + [7]) }
        #expect(throws: StreamError.noise(.tooShort)) { try large.b.open([1, 2, 3]) }
    }

    private struct Pair: ~Copyable {
        var a: StreamCrypto
        var b: StreamCrypto
    }
}

struct StreamFramerTests {
    private let messages: [[UInt8]] = [
        [UInt8](repeating: 1, count: 16), [UInt8](repeating: 2, count: 300),
        [UInt8](repeating: 3, count: 4_096),
    ]

    private var bytes: [UInt8] {
        messages.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
    }

    @Test(arguments: [1, 2, 3, 17, 1_000, 10_000])
    func `messages come out whole however the bytes arrive`(chunk: Int) throws {
        var framer = StreamFramer()
        var found: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            framer.append(bytes[start..<min(start + chunk, bytes.count)])
            while let message = try framer.next() { found.append(message) }
        }
        #expect(found == messages)
        #expect(framer.unreadBytes == 0)
    }

    @Test func `a length beyond the bound is refused before its bytes arrive`() throws {
        var framer = StreamFramer()
        framer.append([0x10, 0x01])
        #expect(throws: StreamFramingError.tooLong(4_097, longest: 4_096)) { try framer.next() }
        framer.longestMessage = StreamFramer.recordBytes
        #expect(try framer.next() == nil)
    }

    @Test func `a message shorter than a tag is refused`() {
        var framer = StreamFramer()
        framer.append([0, 15])
        #expect(throws: StreamFramingError.tooShort(15)) { try framer.next() }
    }

    @Test func `a preamble comes out as it is`() throws {
        var framer = StreamFramer()
        framer.append([1, 2, 3, 4, 5, 6, 7])
        #expect(framer.take(8) == nil)
        framer.append([8] + bytes)
        #expect(framer.take(8) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try framer.next() == messages[0])
    }

    @Test func `a rejection in clear is known as one, but only instead of the first message`()
        throws
    {
        let reject = try #require(ClearReject(.wrongCluster)).bytes
        var framer = StreamFramer(mayBeRejected: true)
        framer.append(reject[..<7])
        #expect(try framer.next() == nil)
        framer.append(reject[7...])
        #expect(throws: StreamFramingError.rejected(.wrongCluster)) { try framer.next() }

        var later = StreamFramer(mayBeRejected: true)
        later.append(bytes[..<18] + reject)
        #expect(try later.next() == messages[0])
        #expect(throws: StreamFramingError.tooLong(0x491F, longest: 4_096)) { try later.next() }

        var bad = StreamFramer(mayBeRejected: true)
        bad.append([0x49, 0x1F, 0xFF, 0xFF, 0, 0, 0, 0])
        #expect(throws: StreamFramingError.badRejection) { try bad.next() }
    }
}
