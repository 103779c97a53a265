import MembershipWire
import Testing

@testable import MembershipSecurity

/// Frames of both suites as B opens them, and the window that keeps replays out.
struct FrameFixtureTests {
    struct FrameCase: FixtureCase {
        struct Ends: Decodable, Sendable {
            let clusterKey: String
            let sender: String
            let receiver: String
        }

        let id: String
        let result: String
        let reason: String
        let keys: Ends
        let header: String
        let plaintext: String
        let frame: String
        let before: [String]
    }

    private struct WindowCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let sequences: [String]
        let admitted: [Bool]
    }

    @Test(arguments: [("frames-cluster", Suite.cluster), ("frames-pair", Suite.pairwise)])
    func `frames are opened, refused and sealed as the fixtures say`(
        name: String, suite: Suite
    ) throws {
        let file = try FixtureFile<FrameCase>(name)
        for one in file.cases {
            var gate = try GateOfB()
            for earlier in one.before { #expect(gate.open(bytes(earlier)).reason == "") }
            let (plaintext, reason) = gate.open(bytes(one.frame))
            #expect(reason == one.reason, "\(one.id)")
            #expect(hex(plaintext) == one.plaintext, "\(one.id)")
            var output = [("reason", reason), ("plaintext", hex(plaintext))]
            if one.isValid {
                let frame = hex(try seal(one, suite))
                #expect(frame == one.frame, "\(one.id)")
                output.append(("frame", frame))
            }
            WrittenBySwift.reproduced(file.name, one.id, output)
        }
    }

    /// The frame that its sender makes of the plaintext.
    private func seal(_ one: FrameCase, _ suite: Suite) throws -> [UInt8] {
        let header = bytes(one.header)
        let boot = try Parties.boot(named: one.keys.sender)
        let receiver = try Parties.boot(named: one.keys.receiver)
        var gate = FrameGate(
            secrets: Parties.secrets(of: Keyring(Parties.key(named: one.keys.clusterKey))),
            boot: boot, hedges: .counting(from: number(hex(header[24..<32]))), peerCapacity: 8)
        var frame: [UInt8] = []
        try gate.seal(
            bytes(one.plaintext), sequence: number(hex(header[16..<24])), to: receiver.id,
            bootKey: suite == .pairwise ? receiver.publicKey : nil, into: &frame)
        return frame
    }

    @Test(arguments: ["frames-cluster", "frames-pair"])
    func `no bit of a valid frame can be changed, and nothing can be cut off`(name: String) throws {
        let file = try FixtureFile<FrameCase>(name)
        for one in file.cases where one.isValid {
            let frame = bytes(one.frame)
            // One gate for all: a refusal must leave it as it was.
            var gate = try GateOfB()
            for earlier in one.before { _ = gate.open(bytes(earlier)) }
            var admitted: [String] = []
            var damaged = frame
            for bit in 0..<frame.count * 8 {
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                if gate.open(damaged).reason == "" { admitted.append("bit \(bit)") }
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            for length in 0..<frame.count where gate.open(Array(frame[..<length])).reason == "" {
                admitted.append("length \(length)")
            }
            #expect(admitted == [], "\(one.id)")
            #expect(gate.open(frame).reason == "", "\(one.id) at last")
            #expect(gate.open(frame).reason == "replay", "\(one.id) again")
        }
    }

    @Test func `a window admits what the fixtures say, and nothing twice`() throws {
        let file = try FixtureFile<WindowCase>("windows")
        for one in file.cases {
            var window = ReplayWindow(floor: 0)
            let admitted = one.sequences.map { text in
                let sequence = number(text)
                guard window.admits(sequence) else { return false }
                window.accept(sequence)
                return true
            }
            #expect(admitted == one.admitted, "\(one.id)")
            WrittenBySwift.reproduced(file.name, one.id, [], flags: admitted)
        }
    }
}

/// The gate of B, who holds both keys and knows the boots of A and C.
struct GateOfB: ~Copyable {
    private var gate: FrameGate
    /// So that suite 1 is never rationed: each frame comes a second later.
    private var now: Duration = .zero
    /// Of all plaintexts: to make one for each frame would take most of the time.
    private var room = [UInt8](repeating: 0, count: Bounds.plaintextBytes.upperBound)

    init() throws {
        gate = FrameGate(
            secrets: Parties.secrets(of: try Parties.bothKeys),
            boot: try Parties.boot(named: "B"), peerCapacity: 8)
    }

    /// The plaintext, or why there is none.
    mutating func open(_ frame: [UInt8]) -> (plaintext: [UInt8], reason: String) {
        now += .seconds(1)
        let opening = frame.withUnsafeBytes { frame in
            room.withUnsafeMutableBytes {
                gate.open(frame, at: now, into: $0, bootKey: Parties.bootKey)
            }
        }
        switch opening {
        case .opened(let opened): return (Array(room[..<opened.plaintextBytes]), "")
        case .stranger: return ([], Refusal.unknownPeer.name)
        case .outdated: return ([], Refusal.unknownKey.name)
        case .refused(let refusal): return ([], refusal.name)
        }
    }
}
