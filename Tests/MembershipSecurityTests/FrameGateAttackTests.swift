import MembershipWire
import Testing

@testable import MembershipSecurity

/// What people on the path, other members and other clusters can do with frames: nothing.
struct FrameGateAttackTests {
    @Test func `a frame with any bit flipped is refused and the frame itself still opens`() {
        var gate = makeGateOfB()
        for bit in 0..<Golden.frame.count * 8 {
            var frame = Golden.frame
            frame[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!gate.receive(frame).isOpened, "bit \(bit)")
        }
        #expect(gate.counters.refused == UInt64(Golden.frame.count * 8))
        #expect(gate.peerCount == 0)
        #expect(gate.receive(Golden.frame).isOpened)
    }

    @Test func `a frame cut anywhere or lengthened is refused`() {
        var gate = makeGateOfB()
        for bytes in 0..<Golden.frame.count {
            #expect(gate.receive(Array(Golden.frame[..<bytes])) == .refused(.length))
        }
        for bytes in 1..<64 {
            let longer = Golden.frame + [UInt8](repeating: 0, count: bytes)
            #expect(gate.receive(longer) == .refused(.length))
        }
        let padded = Golden.frame + [UInt8](repeating: 0, count: 64)
        #expect(gate.receive(padded) == .refused(.tag))
    }

    @Test func `a long frame cut to another legal size is refused`() {
        let long = ForgedFrame(plaintext: [UInt8](repeating: 5, count: 1_280)).bytes
        var gate = makeGateOfB()
        for bytes in stride(from: 112, to: 1_328, by: 64) {
            #expect(gate.receive(Array(long[..<bytes])) == .refused(.tag))
        }
        #expect(gate.receive(long).isOpened)
    }

    @Test func `a recorded frame is refused at once and after either end has restarted`() throws {
        var b = makeGateOfB()
        #expect(b.receive(Golden.frame).isOpened)
        #expect(b.receive(Golden.frame) == .refused(.replay))
        var restarted = FrameGate(secrets: Golden.secrets, ownBoot: BootKeys().id)
        #expect(restarted.receive(Golden.frame) == .refused(.mac))
    }

    @Test func `a frame sent back to its sender is refused`() {
        var a = makeGateOfA()
        #expect(a.receive(Golden.frame) == .refused(.mac))
    }

    @Test func `a frame whose sender and receiver were exchanged is refused`() {
        // As an attacker can do it: without the keys, so the short MAC is the old one.
        var frame = Golden.frame
        withUnsafeBytes(of: Golden.b.boot.id.value.bigEndian) {
            frame.replaceSubrange(8..<16, with: Array($0))
        }
        var a = makeGateOfA()
        #expect(a.receive(frame) == .refused(.mac))
    }

    @Test func `a frame shown to a third member is refused`() {
        var c = FrameGate(secrets: Golden.secrets, ownBoot: Golden.c.boot.id)
        #expect(c.receive(Golden.frame) == .refused(.mac))
    }

    @Test func `a direction key opens one direction only`() {
        // From B to A, but sealed under the key from A to B: right in all but the tag.
        var forged = ForgedFrame(sender: Golden.a.boot.id, target: Golden.b.boot.id)
        forged.sequence = 4
        var frame = forged.bytes
        let reverse = ForgedFrame(sender: Golden.b.boot.id, target: Golden.a.boot.id, sequence: 4)
        frame.replaceSubrange(0..<32, with: reverse.bytes[0..<32])
        var a = makeGateOfA()
        #expect(a.receive(frame) == .refused(.tag))
        #expect(a.receive(reverse).isOpened)
    }

    @Test func `a frame of another cluster with the same key is refused`() {
        let other = ClusterSecrets(
            keyring: Keyring(Golden.key), cluster: ClusterID(named: "prod-eu2"))
        var gate = FrameGate(secrets: other, ownBoot: Golden.b.boot.id)
        #expect(gate.receive(Golden.frame) == .refused(.mac))
    }

    @Test func `a frame under another key is refused, also if it names ours`() {
        let key = Golden.makeKey([UInt8](repeating: 8, count: 32))
        let keys = FrameKeys(key, cluster: Golden.cluster)
        var gate = makeGateOfB()
        #expect(gate.receive(ForgedFrame(keyID: key.id, keys: keys)) == .refused(.unknownKey))
        #expect(gate.receive(ForgedFrame(keys: keys)) == .refused(.mac))
    }

    @Test func `a hundred thousand random datagrams change nothing`() {
        var gate = makeGateOfB()
        var numbers = Numbers(seed: 2_254)
        var plaintext = [UInt8](repeating: 0, count: 1_280)
        var noise = numbers.bytes(4_096)
        for round in 0..<100_000 {
            let count =
                round.isMultiple(of: 2)
                ? 112 + 64 * numbers.next(below: 20) : numbers.next(below: 1_600)
            let start = numbers.next(below: noise.count - 1_600)
            noise[start + numbers.next(below: 32)] = UInt8(truncatingIfNeeded: numbers.next())
            // Ever more of the header is right, so that every check before the tag is reached.
            for index in 0..<[0, 1, 2, 4, 16][round % 5] {
                noise[start + index] = Golden.frame[index]
            }
            noise.withUnsafeBytes { noise in
                plaintext.withUnsafeMutableBytes { plaintext in
                    _ = gate.open(noise.part(start..<start + count), into: plaintext)
                }
            }
        }
        #expect(gate.counters.refused == 100_000)
        #expect(gate.counters.opened == 0)
        #expect(gate.peerCount == 0)
        for refusal in [.length, .magic, .version, .unknownKey, .mac] as [Refusal] {
            #expect(gate.counters[refusal] > 0, "\(refusal.name) was never reached")
        }
        #expect(gate.receive(Golden.frame).isOpened)
    }
}
