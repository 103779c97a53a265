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
        var restarted = FrameGate(secrets: Golden.secrets, boot: BootKeys())
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
        var c = FrameGate(secrets: Golden.secrets, boot: Golden.c.boot)
        #expect(c.receive(Golden.frame) == .refused(.mac))
    }

    @Test(arguments: [0x11, 0x12] as [UInt8])
    func `a direction key opens one direction only`(suite: UInt8) {
        // From B to A, but sealed under the key from A to B: right in all but the tag.
        var frame = ForgedFrame(versionAndSuite: suite, sequence: 4).bytes
        let reverse = ForgedFrame(
            versionAndSuite: suite, maker: Golden.b.boot, target: Golden.a.boot, sequence: 4)
        frame.replaceSubrange(0..<32, with: reverse.bytes[0..<32])
        var a = makeGateOfA()
        #expect(a.receive(frame) == .refused(.tag))
        #expect(a.receive(reverse).isOpened)
    }

    @Test func `a holder of the cluster key cannot speak for another boot`() {
        // C knows every key but A's boot secret, and names A as the sender.
        var gate = makeGateOfB()
        let forged = ForgedFrame(maker: Golden.c.boot, sender: Golden.a.boot.id)
        #expect(gate.receive(forged) == .refused(.tag))
        // Nor can what is sealed for first contact pass as a frame of the pair, or the other way.
        for suite in [0x11, 0x12] as [UInt8] {
            var frame = ForgedFrame(versionAndSuite: suite).bytes
            let other = ForgedFrame(versionAndSuite: suite ^ 3).bytes
            frame.replaceSubrange(0..<32, with: other[0..<32])
            #expect(gate.receive(frame) == .refused(.tag))
        }
        #expect(gate.receive(Golden.frame).isOpened)
    }

    @Test func `first contact in another's name does not touch the frames of the pair`() {
        var gate = makeGateOfB()
        let forged = ForgedFrame(
            versionAndSuite: 0x11, maker: Golden.c.boot, sender: Golden.a.boot.id,
            sequence: .max)
        #expect(gate.receive(forged).isOpened)
        #expect(gate.receive(forged) == .refused(.replay))
        #expect(gate.receive(Golden.frame).isOpened)
    }

    @Test func `a boot whose key is not known is a stranger, and is opened once it is known`() {
        var gate = makeGateOfB()
        let stranger = FrameGate.Opening.stranger(Golden.a.boot.id, sequence: 1)
        #expect(gate.receive(Golden.frame, bootKey: { _ in nil }) == stranger)
        #expect(gate.tally == ["unknown-peer": 1])
        #expect(gate.peerCount == 0)
        #expect(gate.receive(Golden.frame).isOpened)
    }

    @Test func `a boot key of small order shares nothing`() {
        var gate = makeGateOfB()
        let weak = BootKey(Octets32())
        #expect(
            gate.receive(Golden.frame, bootKey: { _ in weak })
                == .stranger(Golden.a.boot.id, sequence: 1))
        var frame: [UInt8] = []
        #expect(throws: SealError.weakBootKey) {
            try gate.seal(
                Golden.plaintext, sequence: 1, to: BootID(of: weak), bootKey: weak, into: &frame)
        }
        #expect(frame.isEmpty)
    }

    @Test func `suite 1 is opened two hundred times a second and never holds up the pairs`() {
        var gate = makeGateOfB()
        func introduction(_ sequence: UInt64) -> ForgedFrame {
            ForgedFrame(versionAndSuite: 0x11, sequence: sequence)
        }
        for sequence in 1...200 as ClosedRange<UInt64> {
            #expect(gate.receive(introduction(sequence), at: .seconds(5)).isOpened)
        }
        #expect(gate.receive(introduction(201), at: .seconds(5)) == .refused(.introductionRate))
        // A recorded one takes no place from those that may be news.
        #expect(gate.receive(introduction(200), at: .seconds(5)) == .refused(.replay))
        #expect(gate.receive(Golden.frame, at: .seconds(5)).isOpened)
        #expect(
            gate.receive(introduction(201), at: .milliseconds(5_004)) == .refused(.introductionRate)
        )
        #expect(gate.receive(introduction(201), at: .milliseconds(5_005)).isOpened)
        #expect(
            gate.receive(introduction(202), at: .milliseconds(5_009)) == .refused(.introductionRate)
        )
        #expect(gate.receive(introduction(202), at: .seconds(60)).isOpened)
    }

    @Test func `a stranger that repeats the header of an introduction spends none`() {
        var gate = makeGateOfB()
        // mac1 covers the header only: whoever has seen one introduction can send it with any body.
        let damaged = ForgedFrame(versionAndSuite: 0x11, sequence: 7, tagDamage: 1)
        for _ in 0..<1_000 {
            #expect(gate.receive(damaged, at: .seconds(5)) == .refused(.tag))
        }
        for sequence in 1...200 as ClosedRange<UInt64> {
            let introduction = ForgedFrame(versionAndSuite: 0x11, sequence: sequence)
            #expect(gate.receive(introduction, at: .seconds(5)).isOpened)
        }
    }

    @Test func `a boot that no record names any more is neither remembered nor opened`() {
        var gate = makeGateOfB(peerCapacity: 1)
        let frame = ForgedFrame(maker: Golden.c.boot, sequence: 5)
        #expect(gate.receive(frame).isOpened)
        // c renews its boot: its record names another one, and the old window makes room.
        let a = Golden.a.boot
        let onlyA: (BootID) -> BootKey? = { $0 == a.id ? a.publicKey : nil }
        #expect(gate.receive(ForgedFrame(sequence: 1), bootKey: onlyA).isOpened)
        #expect(
            gate.receive(frame, bootKey: onlyA)
                == .stranger(Golden.c.boot.id, sequence: 5), "no key of it is kept either")
    }

    @Test func `with room for one peer each agrees anew and no replay is admitted`() {
        var gate = makeGateOfB(peerCapacity: 1)
        for round in 1...3 as ClosedRange<UInt64> {
            for maker in [Golden.a.boot, Golden.c.boot] {
                let frame = ForgedFrame(maker: maker, sequence: round)
                #expect(gate.receive(frame).isOpened)
                #expect(gate.receive(frame) == .refused(.replay))
            }
        }
        #expect(gate.peerCount == 1)
    }

    @Test func `a frame of another cluster with the same key is refused`() {
        let other = ClusterSecrets(
            keyring: Keyring(Golden.key), cluster: ClusterID(named: "prod-eu2"))
        var gate = FrameGate(secrets: other, boot: Golden.b.boot)
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
                    _ = gate.open(
                        noise.part(start..<start + count), at: .zero, into: plaintext,
                        bootKey: Golden.bootKey)
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
