import Foundation
import Testing

@testable import MembershipSecurity
@testable import MembershipWire

/// What Swift writes and the other implementation reads: messages that nobody wrote down. Fixtures
/// are changed at random, and both must come to the same words or to the same first refusal.
struct CrossCheckTests {
    private struct Plaintext: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let plaintext: String
        let kind: String?
    }

    private static let rounds = 4_000

    @Test func `changed datagrams are written as they are read`() throws {
        var random = Numbers(seed: 0x1D17)
        let cases = try FixtureFile<Plaintext>("datagrams").cases
        for _ in 0..<Self.rounds {
            let one = cases[random.below(cases.count)]
            let plaintext = random.changed(bytes(one.plaintext))
            do throws(WireError) {
                let datagram = try MessageCodec.decode(datagram: plaintext)
                let again = try? MessageCodec.encode(datagram, padding: .to(plaintext.count))
                #expect(again == plaintext, "\(one.id)")
                WrittenBySwift.write([
                    "kind": "datagram", "plaintext": hex(plaintext), "message": words(datagram),
                ])
            } catch {
                WrittenBySwift.write([
                    "kind": "damaged", "plaintext": hex(plaintext), "reason": error.reason,
                ])
            }
        }
    }

    @Test func `changed stream messages are written as they are read`() throws {
        var random = Numbers(seed: 0x57E4)
        let cases = try FixtureFile<Plaintext>("stream-messages").cases
            .filter { $0.kind == "message" && $0.plaintext.count < 2_000 }
        for _ in 0..<Self.rounds {
            let one = cases[random.below(cases.count)]
            let plaintext = random.changed(bytes(one.plaintext))
            do throws(WireError) {
                let message = try plaintext.withOctets {
                    (bytes) throws(WireError) in try MessageCodec.decode(stream: bytes)
                }
                #expect((try? MessageCodec.encode(message)) == plaintext, "\(one.id)")
                WrittenBySwift.write([
                    "kind": "stream-message", "plaintext": hex(plaintext),
                    "message": words(message),
                ])
            } catch {
                WrittenBySwift.write([
                    "kind": "damaged-stream-message", "plaintext": hex(plaintext),
                    "reason": error.reason,
                ])
            }
        }
    }

    @Test func `frames with hedges of their own are opened`() throws {
        var random = Numbers(seed: 0xF4A3)
        let (a, b) = (try Parties.boot(named: "A"), try Parties.boot(named: "B"))
        var gate = FrameGate(secrets: Parties.secrets, boot: a, peerCapacity: 8)
        var receiver = try GateOfB()
        for sequence in 1...200 {
            let plaintext = random.bytes(64 * (1 + random.below(20)))
            var frame: [UInt8] = []
            try gate.seal(
                plaintext, sequence: UInt64(sequence), to: b.id,
                bootKey: sequence.isMultiple(of: 4) ? nil : b.publicKey, into: &frame)
            #expect(receiver.open(frame).plaintext == plaintext)
            WrittenBySwift.write([
                "kind": "frame", "frame": hex(frame), "plaintext": hex(plaintext),
                "sequence": "\(sequence)",
            ])
        }
    }

    @Test func `signatures of new identities are valid`() throws {
        var random = Numbers(seed: 0x5163)
        for _ in 0..<50 {
            let identity = NodeIdentity.random()
            let text = random.bytes(random.below(200))
            let signature = identity.sign(text)
            WrittenBySwift.write([
                "kind": "signature", "text": hex(text),
                "signature": hex(signature.octets.bytes),
                "signer": hex(identity.publicKey.octets.bytes),
            ])
            #expect(signature != Signature(Octets64()))
        }
    }

    @Test func `streams with one-time keys of their own are understood`() throws {
        for _ in 0..<20 {
            var caller = StreamCrypto.initiator(
                secrets: Parties.secrets, boot: try Parties.boot(named: "A"))
            var called = StreamCrypto(
                role: .responder, secrets: Parties.secrets, boot: try Parties.boot(named: "B"),
                ephemeral: Parties.calledOneTime)
            let payloads = ["why", "who", "me", "and this"].map { Array($0.utf8) }
            let first = try caller.start(hello: payloads[0])
            _ = try called.readHello(
                preamble: Array(first[..<8]), message: Array(first[10...]))
            let second = try called.writeHelloAck(payloads[1])
            #expect(try caller.readHelloAck(Array(second[2...])) == payloads[1])
            let third = try caller.writeJoin(payloads[2])
            let record = try caller.seal(payloads[3])
            WrittenBySwift.write([
                "kind": "stream", "messages": [first, second, third, record].map { hex($0) },
                "answer": hex(payloads[1]),
                "payloads": [payloads[0], payloads[2], payloads[3]].map { hex($0) },
            ])
        }
    }
}

/// Fixed numbers that look random: every run of a test makes the same ones. SplitMix64.
private struct Numbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// One to three changes: bits, bytes, bytes from elsewhere, bytes moved by one.
    mutating func changed(_ original: [UInt8]) -> [UInt8] {
        var changed = original
        guard !changed.isEmpty else { return changed }
        for _ in 0...below(3) {
            let place = below(min(changed.count, below(4) == 0 ? changed.count : 160))
            switch below(5) {
            case 0: changed[place] ^= 1 << UInt8(below(8))
            case 1: changed[place] = UInt8(truncatingIfNeeded: next())
            case 2: changed[place] = [0, 1, 2, 6, 8, 0x7F, 0x80, 0xFF][below(8)]
            case 3: changed[place] = changed[below(changed.count)]
            default:
                // Moves what is behind by one byte; the length stays.
                if below(2) == 0 {
                    changed.remove(at: place)
                    changed.append(0)
                } else {
                    changed.insert(UInt8(truncatingIfNeeded: next()), at: place)
                    changed.removeLast()
                }
            }
        }
        return changed
    }
}
