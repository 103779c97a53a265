import Testing

@testable import MembershipWire

/// Bytes of strangers: whatever they are, they are refused or have exactly one meaning.
struct HostileBytesTests {
    /// How many were taken. Records an issue where decoding and encoding disagree.
    private func takeDatagram(_ bytes: [UInt8], _ step: Int) -> Int {
        guard let datagram = try? MessageCodec.decode(datagram: bytes) else { return 0 }
        if (try? MessageCodec.encode(datagram, padding: .to(bytes.count))) != bytes {
            Issue.record("step \(step): \(datagram) is not what was decoded")
        }
        return 1
    }

    private func takeStream(_ bytes: [UInt8], _ step: Int) -> Int {
        var taken = 0
        func take(_ message: StreamMessage?) {
            guard let message else { return }
            taken += 1
            if (try? MessageCodec.encode(message)) != bytes {
                Issue.record("step \(step): \(message) is not what was decoded")
            }
        }
        take(try? MessageCodec.decode(stream: bytes))
        take((try? MessageCodec.decodeHello(bytes)).map { .hello($0) })
        take((try? MessageCodec.decodeHelloAck(bytes)).map { .helloAck($0.member, $0.view) })
        take((try? MessageCodec.decodeJoin(bytes)).map { .join($0) })
        return taken
    }

    @Test(arguments: [11, 12] as [UInt64])
    func `50,000 random plaintexts never trap and have one spelling`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        // Cut out of one pool: drawing every byte anew takes longer than trying it.
        let pool = random.bytes(64 * 1_024)
        for step in 0..<50_000 {
            // Mostly short, so that a good part gets past the first fields.
            let length = 64 * (1 + random.below(random.below(10) == 0 ? 20 : 2))
            let start = random.below(pool.count - length)
            var bytes = Array(pool[start..<(start + length)])
            bytes[0] = UInt8(random.below(11))
            bytes[1] &= 1
            if random.below(2) == 0 {
                // Small items instead of noise.
                for index in stride(from: 2, to: length - 3, by: 5) {
                    bytes[index] = UInt8(random.below(0x90))
                    bytes[index + 1] = 0
                    bytes[index + 2] = UInt8(random.below(4))
                }
            }
            _ = takeDatagram(bytes, step)
        }
    }

    @Test(arguments: [13, 14] as [UInt64])
    func `15,000 mutated datagrams never trap and have one spelling`(seed: UInt64) throws {
        var make = ValueGenerator(seed: seed)
        var mutator = Mutator(random: SplitMix(seed: ~seed))
        var taken = 0
        var original: [UInt8] = []
        for step in 0..<15_000 {
            if step % 10 == 0 { original = try MessageCodec.encode(make.datagram()) }
            taken += takeDatagram(mutator.mutate(original, keepingStep: 64), step)
        }
        // Bytes of keys, hashes and signatures mean nothing to the codec, so a part must pass.
        #expect((2_500..<15_000).contains(taken))
    }

    @Test(arguments: [15, 16] as [UInt64])
    func `5,000 mutated stream messages never trap and have one spelling`(seed: UInt64) throws {
        var make = ValueGenerator(seed: seed)
        var mutator = Mutator(random: SplitMix(seed: ~seed))
        var taken = 0
        var originals: [[UInt8]] = []
        for step in 0..<5_000 {
            if step % 40 == 0 {
                guard case .full(let full) = try make.full() else { continue }
                originals = [
                    try MessageCodec.encode(make.streamMessage()),
                    try MessageCodec.encode(.join(full)),
                    try MessageCodec.encode(.helloAck(full, make.view())),
                    try MessageCodec.encode(
                        .hello(.init(purpose: .join, protocolVersions: 1...1, caller: NodeID(1)))),
                ]
            }
            taken += takeStream(mutator.mutate(originals[step % 4], keepingStep: 1), step)
        }
        #expect((500..<5_000).contains(taken))
    }

    @Test(arguments: [17] as [UInt64])
    func `mutated cores never trap and keep their bytes`(seed: UInt64) throws {
        var make = ValueGenerator(seed: seed)
        var mutator = Mutator(random: SplitMix(seed: ~seed))
        let largest = hex(Example.largestCoreHex)
        var taken = 0
        for step in 0..<5_000 {
            let original = step % 2 == 0 ? largest : try make.core().bytes
            let bytes = mutator.mutate(original, keepingStep: 1)
            guard let core = try? MemberCore(parsing: bytes) else { continue }
            taken += 1
            try #require(core.bytes == bytes && core.endpoint.isAdvertisable)
        }
        #expect((250..<5_000).contains(taken))
    }
}

/// Spoils bytes as transmission, bugs and enemies do.
private struct Mutator {
    var random: SplitMix

    /// The result is a multiple of `step` long if `original` was.
    mutating func mutate(_ original: [UInt8], keepingStep step: Int) -> [UInt8] {
        var bytes = original
        for _ in 0..<(1 + random.below(3)) {
            guard !bytes.isEmpty else { return bytes }
            let place = random.below(bytes.count)
            switch random.below(6) {
            case 0: bytes[place] ^= 1 << UInt8(random.below(8))
            case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
            case 3: bytes[place] &+= random.below(2) == 0 ? 1 : 255
            case 4:
                let count = step * (1 + random.below(2))
                if count < bytes.count { bytes.removeLast(count) }
            default:
                // The same bytes once more, elsewhere.
                let source = random.below(bytes.count)
                let count = min(1 + random.below(24), bytes.count - max(source, place))
                bytes.replaceSubrange(
                    place..<(place + count), with: bytes[source..<(source + count)])
            }
        }
        return bytes
    }
}
