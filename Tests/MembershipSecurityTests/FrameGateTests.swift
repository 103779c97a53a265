import MembershipWire
import Testing

@testable import MembershipSecurity

/// What passes the gate, and that each of its checks refuses what only it can refuse.
struct FrameGateTests {
    @Test func `a frame is the one of the specification, byte for byte`() throws {
        var gate = makeGateOfA()
        var frame: [UInt8] = []
        try gate.seal(
            Golden.plaintext, sequence: 1, to: Golden.b.boot.id, bootKey: Golden.b.boot.publicKey,
            into: &frame)
        #expect(frame == Golden.frame)
        #expect(gate.counters.sealed == 1)
    }

    @Test func `a frame to a boot whose key is not known is sealed under the cluster key`() throws {
        var gate = makeGateOfA()
        var frame: [UInt8] = []
        try gate.seal(
            Golden.plaintext, sequence: 1, to: Golden.b.boot.id, bootKey: nil, into: &frame)
        #expect(frame == Golden.clusterFrame)
    }

    @Test func `a golden frame of either suite opens`() {
        for (frame, suite) in [(Golden.frame, Suite.pairwise), (Golden.clusterFrame, .cluster)] {
            var gate = makeGateOfB()
            var plaintext: [UInt8] = []
            let opened = FrameGate.OpenedFrame(
                sender: Golden.a.boot.id, sequence: 1, suite: suite, plaintextBytes: 64)
            #expect(
                gate.open(frame, into: &plaintext, bootKey: Golden.bootKey) == .opened(opened))
            #expect(plaintext == Golden.plaintext)
        }
    }

    @Test func `a golden frame opens once`() {
        var gate = makeGateOfB()
        var plaintext: [UInt8] = []
        #expect(gate.receive(Golden.frame).isOpened)
        #expect(
            gate.open(Golden.frame, into: &plaintext, bootKey: Golden.bootKey) == .refused(.replay))
        #expect(plaintext.isEmpty)
        #expect(gate.tally == ["opened": 1, "replay": 1])
    }

    @Test func `every legal size passes from one gate to the other`() throws {
        var (sequence, frame, opened): (UInt64, [UInt8], [UInt8]) = (0, [], [])
        var a = makeGateOfA()
        var b = makeGateOfB()
        var numbers = Numbers(seed: 3)
        for bytes in stride(from: 64, through: 1_280, by: 64) {
            sequence += 1
            let plaintext = numbers.bytes(bytes)
            try a.seal(
                plaintext, sequence: sequence, to: Golden.b.boot.id,
                bootKey: Golden.b.boot.publicKey, into: &frame)
            #expect(frame.count == bytes + 48)
            guard case .opened = b.open(frame, into: &opened, bootKey: Golden.bootKey) else {
                Issue.record("\(bytes) bytes were refused")
                continue
            }
            #expect(opened == plaintext)
        }
    }

    @Test func `frames of a sender are admitted in any order within the window`() {
        var gate = makeGateOfB()
        for sequence in [200, 100, 73, 199] as [UInt64] {
            #expect(gate.receive(ForgedFrame(sequence: sequence)).isOpened)
        }
        #expect(gate.receive(ForgedFrame(sequence: 72)) == .refused(.replay))
        #expect(gate.receive(ForgedFrame(sequence: 100)) == .refused(.replay))
    }

    @Test func `each sender has a window of its own, in each suite`() {
        var gate = makeGateOfB()
        let suites = [0x11, 0x12] as [UInt8]
        // Overtaken by all the others and by one of its own, each is opened still, and once.
        for sequence in [200, 199, 199, 73, 72] as [UInt64] {
            for (suite, maker) in suites.flatMap({ suite in [(suite, Golden.a), (suite, Golden.c)] }
            ) {
                let frame = ForgedFrame(
                    versionAndSuite: suite, maker: maker.boot, sequence: sequence)
                _ = gate.receive(frame)
            }
        }
        #expect(gate.tally == ["opened": 12, "replay": 8])
        #expect(gate.peerCount == 4)
    }

    @Test func `first contact has as many windows as there are peers, and at most 1,024`() {
        for (peers, windows) in [(4, 4), (2_000, 1_024)] {
            var gate = makeGateOfB(peerCapacity: peers)
            for number in 1...windows + 3 {
                let frame = ForgedFrame(versionAndSuite: 0x11, sender: BootID(UInt64(number)))
                #expect(gate.receive(frame, at: .seconds(number)).isOpened)
            }
            #expect(gate.peerCount == windows)
            #expect(gate.receive(Golden.frame).isOpened)
            #expect(gate.peerCount == windows + 1)
        }
    }

    @Test func `a node knows several keys and opens under each`() throws {
        let old = Golden.makeKey([UInt8](repeating: 8, count: 32))
        var ring = Keyring(Golden.key)
        try ring.install(old)
        var gate = FrameGate(keyring: ring, cluster: Golden.cluster, boot: Golden.b.boot)
        let keys = FrameKeys(old, cluster: Golden.cluster)
        #expect(gate.receive(ForgedFrame(sequence: 1)).isOpened)
        #expect(gate.receive(ForgedFrame(keyID: old.id, keys: keys, sequence: 2)).isOpened)
        #expect(gate.receive(ForgedFrame(sequence: 3)).isOpened)
        // Rotation does not give a recorded frame a second chance.
        #expect(
            gate.receive(ForgedFrame(keyID: old.id, keys: keys, sequence: 3)) == .refused(.replay))
    }

    // MARK: One check each

    static let refusals: [(Refusal, ForgedFrame)] = [
        (.length, ForgedFrame(plaintext: [UInt8](repeating: 0, count: 65))),
        (.length, ForgedFrame(plaintext: [UInt8](repeating: 0, count: 1_344))),
        (.length, ForgedFrame(plaintext: [])),
        (.magic, ForgedFrame(magic: 0x4A)),
        (.version, ForgedFrame(versionAndSuite: 0x21)),
        (.version, ForgedFrame(versionAndSuite: 0x02)),
        (.unsupportedSuite, ForgedFrame(versionAndSuite: 0x13)),
        (.unsupportedSuite, ForgedFrame(versionAndSuite: 0x10)),
        (.unsupportedSuite, ForgedFrame(versionAndSuite: 0x15)),
        (.unsupportedSuite, ForgedFrame(versionAndSuite: 0x1A)),
        (.unknownKey, ForgedFrame(keyID: KeyID(Golden.key.id.value ^ 1))),
        (.mac, ForgedFrame(macDamage: 1)),
        (.mac, ForgedFrame(macDamage: 0x8000_0000)),
        (.mac, ForgedFrame(target: Golden.c.boot)),
        (.ownBoot, ForgedFrame(sender: Golden.b.boot.id)),
        (.zeroSequence, ForgedFrame(sequence: 0)),
        (.tag, ForgedFrame(tagDamage: 1)),
        (.tag, ForgedFrame(versionAndSuite: 0x11, tagDamage: 1)),
    ]

    @Test(arguments: refusals)
    func `each check refuses a frame that is right in all else`(
        refusal: Refusal, frame: ForgedFrame
    ) {
        var gate = makeGateOfB()
        #expect(gate.receive(frame) == .refused(refusal))
        #expect(gate.tally == [refusal.name: 1])
        #expect(gate.peerCount == 0)
        #expect(gate.receive(Golden.frame).isOpened, "nothing was changed")
    }

    @Test func `checks stand in the order of the specification`() {
        // Each frame breaks one rule more than the one before it; the earliest check answers.
        var gate = makeGateOfB()
        #expect(gate.receive(ForgedFrame(sequence: 9)).isOpened)
        var frame = ForgedFrame(sequence: 9, tagDamage: 1)
        #expect(gate.receive(frame) == .refused(.replay))
        frame.sequence = 0
        #expect(gate.receive(frame) == .refused(.zeroSequence))
        frame.sender = Golden.b.boot.id
        #expect(gate.receive(frame) == .refused(.ownBoot))
        frame.macDamage = 1
        #expect(gate.receive(frame) == .refused(.mac))
        frame.keyID = KeyID(0)
        #expect(gate.receive(frame) == .refused(.unknownKey))
        frame.versionAndSuite = 0x13
        #expect(gate.receive(frame) == .refused(.unsupportedSuite))
        frame.versionAndSuite = 0x22
        #expect(gate.receive(frame) == .refused(.version))
        frame.magic = 0
        #expect(gate.receive(frame) == .refused(.magic))
        frame.plaintext.removeLast()
        #expect(gate.receive(frame) == .refused(.length))
        #expect(gate.counters.refused == 9)
    }

    @Test func `a forged tag does not move the window`() {
        var gate = makeGateOfB()
        #expect(gate.receive(ForgedFrame(sequence: 1_000_000, tagDamage: 1)) == .refused(.tag))
        #expect(gate.receive(ForgedFrame(sequence: 1)).isOpened)
    }

    @Test func `each refusal has a name of its own`() {
        #expect(Set(Refusal.allCases.map(\.name)).count == Refusal.allCases.count)
    }

    // MARK: Sealing

    @Test(arguments: [0, 1, 63, 65, 1_279, 1_281, 1_344])
    func `a plaintext of another size is not sealed`(bytes: Int) {
        var gate = makeGateOfA()
        var frame: [UInt8] = [1]
        #expect(throws: SealError.plaintextSize(bytes)) {
            try gate.seal(
                [UInt8](repeating: 0, count: bytes), sequence: 1, to: Golden.b.boot.id,
                bootKey: nil,
                into: &frame)
        }
        #expect(frame.isEmpty)
        #expect(gate.counters.sealed == 0)
    }

    @Test func `a frame stands at the start of a longer buffer`() throws {
        var gate = makeGateOfA()
        var room = [UInt8](repeating: 0xEE, count: 200)
        let count = try room.withUnsafeMutableBytes { room in
            try Golden.plaintext.withUnsafeBytes {
                try gate.seal(
                    $0, sequence: 1, to: Golden.b.boot.id, bootKey: Golden.b.boot.publicKey,
                    into: room)
            }
        }
        #expect(Array(room[..<count]) == Golden.frame)
        #expect(room[count...].allSatisfy { $0 == 0xEE })
    }

    @Test func `sequence zero, oneself and a small buffer are not sealed to`() {
        var gate = makeGateOfA()
        var frame: [UInt8] = []
        #expect(throws: SealError.zeroSequence) {
            try gate.seal(
                Golden.plaintext, sequence: 0, to: Golden.b.boot.id, bootKey: nil, into: &frame)
        }
        #expect(throws: SealError.ownBoot) {
            try gate.seal(
                Golden.plaintext, sequence: 1, to: Golden.a.boot.id, bootKey: nil, into: &frame)
        }
        var small = [UInt8](repeating: 0, count: 111)
        #expect(throws: SealError.bufferSize(111, needed: 112)) {
            try Golden.plaintext.withUnsafeBytes { plaintext in
                try small.withUnsafeMutableBytes { frame in
                    _ = try gate.seal(
                        plaintext, sequence: 1, to: Golden.b.boot.id, bootKey: nil, into: frame)
                }
            }
        }
    }

    @Test func `no two frames have the same nonce even if a sequence is used twice`() throws {
        var gate = FrameGate(secrets: Golden.secrets, boot: Golden.a.boot, peerCapacity: 1)
        var nonces: Set<[UInt8]> = []
        var frame: [UInt8] = []
        for _ in 0..<2_000 {
            try gate.seal(
                Golden.plaintext, sequence: 1, to: Golden.b.boot.id,
                bootKey: Golden.b.boot.publicKey, into: &frame)
            nonces.insert(Array(frame[FrameLayout.nonce]))
        }
        #expect(nonces.count == 2_000)
    }

    @Test func `a gate with more peers than cached keys finds the right key for each`() throws {
        let boots = (0..<700).map { _ in BootKeys() }
        let known = Dictionary(uniqueKeysWithValues: boots.map { ($0.id, $0.publicKey) })
        var b = makeGateOfB(peerCapacity: 1_000)
        var a = makeGateOfA()
        var frame: [UInt8] = []
        for sequence in 1...2 as ClosedRange<UInt64> {
            for boot in boots {
                let frame = ForgedFrame(maker: boot, sequence: sequence)
                #expect(b.receive(frame, bootKey: { known[$0] }).isOpened)
            }
        }
        #expect(b.tally == ["opened": 1_400])
        for (sequence, boot) in boots.enumerated() {
            try a.seal(
                Golden.plaintext, sequence: UInt64(sequence + 1), to: boot.id,
                bootKey: boot.publicKey, into: &frame)
        }
        try a.seal(
            Golden.plaintext, sequence: 2_000, to: Golden.b.boot.id,
            bootKey: Golden.b.boot.publicKey, into: &frame)
        #expect(b.receive(frame).isOpened)
    }
}

extension FrameGate.Opening {
    var isOpened: Bool {
        switch self {
        case .opened: true
        case .refused, .stranger, .outdated: false
        }
    }
}
