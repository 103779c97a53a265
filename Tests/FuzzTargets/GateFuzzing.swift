/// A gate beside a model of it: whatever comes, the two say the same. The gate lives as long as the
/// process; like a real one it must come through whatever it is sent.
///
/// The frames are made by one who has everything: four cluster keys, of which the gate holds some and has
/// retired some, and the boots of two members, of a stranger, of one whose key is of small order, and of
/// the gate itself. So whatever a header says can be said with MACs that fit.
import MembershipSecurity
import MembershipWire
import Synchronization

struct GateFuzzing: ~Copyable, Sendable {
    static let shared = Mutex(GateFuzzing())

    private let own: BootKeys
    private let knownKeys: [BootID: BootKey]
    private let makers: [ForgingBoot]
    private let keys: [ForgingKey]
    private let stages: [Stage]
    private var gate: FrameGate
    private var peerGate: FrameGate
    private var model: GateModel
    /// Of pairs, by key and maker, also of those that the gate does not know.
    private var pairKeys: [[UInt8]: [UInt8]] = [:]
    /// Of the frame before.
    private var sequence: UInt64 = 0
    private var now: Duration = .zero
    private var datagrams: UInt64 = 0
    private var outdated: UInt64 = 0

    /// Which keys a gate holds.
    private struct Stage: Sendable {
        let secrets: ClusterSecrets
        /// The one that seals first.
        let accepted: [ForgingKey]
        let retired: [ForgingKey]
    }

    private init() {
        let cluster = [UInt8](repeating: 1, count: 16)
        let keys = (0..<4).map {
            ForgingKey(.init(repeating: 0x40 + $0, count: 32), cluster: cluster)
        }
        let boots = (1...4).map { ForgingBoot(.init(repeating: 0x11 * $0, count: 32)) }
        makers = [boots[1], boots[2], boots[3], .weak, boots[0]]
        self.keys = keys
        stages = [
            Self.stage([0, 1], retired: [2], of: keys), Self.stage([1, 0], retired: [2], of: keys),
            Self.stage([1], retired: [0, 2], of: keys), Self.stage([1, 2], retired: [0], of: keys),
            Self.stage([1], retired: [], of: keys),
        ]
        own = Self.boot(boots[0])
        let known = makers[..<2] + [ForgingBoot.weak]
        knownKeys = Dictionary(
            uniqueKeysWithValues: known.map { boot in
                let key = BootKey(Octets32(filling: { $0.copyBytes(from: boot.publicKey) }))
                return (BootID(of: key), key)
            })
        model = GateModel(
            of: boots[0], peers: Array(makers[..<2]), accepted: stages[0].accepted,
            retired: stages[0].retired)
        model.prepare(keys)
        gate = FrameGate(secrets: stages[0].secrets, boot: own)
        peerGate = FrameGate(secrets: stages[0].secrets, boot: Self.boot(makers[0]))
    }

    /// What the gate has said at least once.
    var reached: [String] {
        Refusal.allCases.filter { gate.counters[$0] > 0 }.map(\.name)
            + (gate.counters.opened > 0 ? ["opened"] : []) + (outdated > 0 ? ["outdated"] : [])
    }

    private static func boot(_ boot: ForgingBoot) -> BootKeys {
        guard let keys = BootKeys(secret: SecretBytes(copying: boot.secret)) else {
            preconditionFailure("a secret is 32 bytes")
        }
        return keys
    }

    /// A keyset of these keys as a member would be given it.
    private static func stage(_ accepted: [Int], retired: [Int], of keys: [ForgingKey]) -> Stage {
        let kind: Keyset.Stage = accepted.count == 1 ? .settled : .switched
        var message = [Keyset.messageType, 1, kind.rawValue] + bytes(of: 1)
        message += [UInt8](repeating: 0, count: 32)
        message += [UInt8(accepted.count)] + accepted.flatMap { keys[$0].secret }
        message += [UInt8(retired.count)]
        message += retired.flatMap { keys[$0].secret + bytes(of: 2_000) }
        message += [UInt8](repeating: 0, count: 64)
        guard let keyset = try? Keyset.decode(wiping: &message) else {
            preconditionFailure("no keyset of \(accepted) and \(retired)")
        }
        let cluster = ClusterID(Octets16(repeating: 1))
        return Stage(
            secrets: ClusterSecrets(keyset: keyset, cluster: cluster, at: 1_000),
            accepted: accepted.map { keys[$0] }, retired: retired.map { keys[$0] })
    }

    /// The first byte says how: 0 the bytes as they are; else frames, each by four bytes and those of its
    /// changes.
    mutating func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        // So that suite 1 is never rationed.
        now += .seconds(1)
        if reader.byte() == 0 { return compare(reader.takeRest()) }
        for _ in 0..<4 where !reader.isEmpty {
            compare(makeFrame(&reader))
            beginAnewIfWorn()
        }
    }

    private mutating func makeFrame(_ reader: inout InputReader) -> [UInt8] {
        let (way, how, size, changes) = (reader.byte(), reader.byte(), reader.byte(), reader.byte())
        if how >> 4 == 0xF { renewKeys(Int(size) & 7) }
        let plaintext = [UInt8](repeating: size, count: 64 * (1 + Int(size) % 20))
        let suite = way & 1 == 0 ? Suite.pairwise : .cluster
        let maker = makers[Int(way >> 3) % makers.count]
        let key = keys[Int(way >> 1) & 3]
        chooseSequence(how & 3, back: UInt64(size))

        var header = [0x49, 0x10 | suite.rawValue, UInt8(key.id >> 8), UInt8(key.id & 0xFF)]
        header +=
            [0, 0, 0, 0] + maker.id + bytes(of: sequence) + [UInt8](repeating: size, count: 8)
        header.replaceSubrange(4..<8, with: key.mac(of: header, for: model.own.id))
        let direction =
            suite == .cluster
            ? key.clusterKey(from: maker.id, to: model.own.id)
            : pairKey(key, maker)
        var frame = header + Forging.seal(plaintext, under: header, key: direction)
        if changes & 0x80 != 0, maker.id == makers[0].id, let sealed = seal(plaintext, suite) {
            frame = sealed
        }
        // Changed between the maker and the gate, or by the maker before it makes one MAC or both.
        change(&frame, of: 32, times: Int(changes) & 3, &reader)
        if how & 4 != 0 {
            frame.replaceSubrange(4..<8, with: key.mac(of: frame, for: model.own.id))
        }
        if how & 8 != 0 {
            let body = Forging.seal(plaintext, under: Array(frame[..<32]), key: direction)
            frame.replaceSubrange(32..., with: body)
        }
        change(&frame, of: frame.count, times: Int(changes >> 2) & 3, &reader)
        guard changes & 0x70 == 0x70 else { return frame }
        return Array(frame.prefix(Int(reader.number(bytes: 2)) % (frame.count + 1)))
    }

    /// Other bytes at places among the first so many.
    private func change(
        _ frame: inout [UInt8], of count: Int, times: Int, _ reader: inout InputReader
    ) {
        for _ in 0..<times {
            let place = Int(reader.number(bytes: count > 256 ? 2 : 1)) % count
            frame[place] ^= reader.byte()
        }
    }

    /// The next one, the same again, none, or one that is past.
    private mutating func chooseSequence(_ way: UInt8, back: UInt64) {
        switch way {
        case 0: sequence = max(sequence, model.greatest) &+ 1
        case 1: break
        case 2: sequence = 0
        default: sequence = model.greatest > back ? model.greatest - back : 1
        }
    }

    private mutating func pairKey(_ key: ForgingKey, _ maker: ForgingBoot) -> [UInt8] {
        let place = bytes(of: UInt64(key.id)) + maker.id
        if let known = pairKeys[place] { return known }
        let new = key.pairKey(from: maker, to: model.own)
        pairKeys[place] = new
        return new
    }

    /// By the gate of the first member, under the key that seals there.
    private mutating func seal(_ plaintext: [UInt8], _ suite: Suite) -> [UInt8]? {
        guard sequence > 0 else { return nil }
        var frame: [UInt8] = []
        do throws(SealError) {
            try peerGate.seal(
                plaintext, sequence: sequence, to: own.id,
                bootKey: suite == .pairwise ? own.publicKey : nil, into: &frame)
        } catch {
            preconditionFailure("a padded plaintext was not sealed: \(error)")
        }
        return frame
    }

    /// At the gate, or at the one that seals.
    private mutating func renewKeys(_ way: Int) {
        let stage = stages[way % stages.count]
        guard way < stages.count else { return peerGate.renewKeys(stage.secrets) }
        gate.renewKeys(stage.secrets)
        model.accepted = stage.accepted
        model.retired = stage.retired
    }

    private mutating func compare(_ datagram: [UInt8]) {
        let verdict = model.verdict(on: datagram)
        var plaintext: [UInt8] = []
        let known = knownKeys
        let opening = gate.open(datagram, at: now, into: &plaintext, bootKey: { known[$0] })
        datagrams += 1
        precondition(gate.counters.opened + gate.counters.refused == datagrams)
        switch (opening, verdict) {
        case (.opened(let frame), .opened(let right)):
            precondition(plaintext == right && frame.plaintextBytes == right.count)
            precondition(frame.suite.rawValue == datagram[1] & 0x0F)
            check(frame.sender, frame.sequence, of: datagram)
            model.accept(datagram)
            precondition(
                gate.open(datagram, at: now, into: &plaintext, bootKey: { known[$0] })
                    == .refused(.replay))
            datagrams += 1
        case (.stranger(let boot, let sequence), .stranger):
            check(boot, sequence, of: datagram)
        case (.outdated(let boot, let key), .outdated):
            check(boot, number(datagram[16..<24]), of: datagram)
            precondition(key.value == UInt16(number(datagram[2..<4])))
        case (.refused(let refusal), .refused(let right)) where refusal == right: break
        // Whose window was given up starts anew above what it had said.
        case (.refused(.replay), .opened), (.refused(.replay), .refused(.tag)):
            precondition(datagram[1] == 0x11 && model.windowCount > 1_000)
        default: preconditionFailure("\(opening), which should be \(verdict)")
        }
        if case .opened = opening { return }
        precondition(plaintext.isEmpty)
        if case .outdated = opening { outdated += 1 }
    }

    private func check(_ boot: BootID, _ sequence: UInt64, of datagram: [UInt8]) {
        precondition(boot.value == number(datagram[8..<16]))
        precondition(sequence == number(datagram[16..<24]))
    }

    /// A sequence near the end leaves no room for others, and the model keeps every window.
    private mutating func beginAnewIfWorn() {
        guard model.greatest > 1 << 62 || model.windowCount > 1_500 else { return }
        let next = FrameGate(succeeding: gate, boot: own)
        gate = next
        model.forgetWindows()
        sequence = 0
    }
}
