/// The gate of one boot, which lives as long as the process: like a real one it must come through
/// whatever it is sent.
import MembershipSecurity
import MembershipWire
import Synchronization

struct GateFuzzing: ~Copyable, Sendable {
    static let shared = Mutex(GateFuzzing())

    private let own = BootKeys()
    private let peer = BootKeys()
    private var gate: FrameGate
    private var peerGate: FrameGate
    private var sequence: UInt64 = 0

    private init() {
        let keyring = Keyring(.random())
        let cluster = ClusterID(Octets16(repeating: 1))
        gate = FrameGate(keyring: keyring, cluster: cluster, boot: own)
        peerGate = FrameGate(keyring: keyring, cluster: cluster, boot: peer)
    }

    /// The first byte says how: 0 the bytes as they are; else a frame sealed for us by a peer, changed
    /// at the places that follow.
    mutating func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let way = reader.byte()
        if way & 1 == 0 {
            let opening = open(reader.takeRest())
            precondition(opening.isRefused)
            return
        }
        let isPairwise = way & 2 == 0
        let plaintext = reader.take(64 * (1 + Int(way >> 2) % 20))
        var frame = seal(plaintext, isPairwise: isPairwise)
        let sealed = frame
        while !reader.isEmpty {
            let place = Int(reader.number(bytes: 2)) % frame.count
            frame[place] ^= reader.byte()
        }
        let isSame = frame == sealed
        let opening = open(frame)
        // Suite 1 is rationed, so an unchanged frame may be refused; a changed one never passes.
        precondition(isSame || opening.isRefused)
        if isSame, isPairwise { precondition(!opening.isRefused) }
        if !opening.isRefused { precondition(open(frame).isRefused) }
    }

    private mutating func seal(_ plaintext: [UInt8], isPairwise: Bool) -> [UInt8] {
        sequence += 1
        let missing = (64 - plaintext.count % 64) % 64 + (plaintext.isEmpty ? 64 : 0)
        let padded = plaintext + Array(repeating: 0, count: missing)
        var frame: [UInt8] = []
        do throws(SealError) {
            try peerGate.seal(
                padded, sequence: sequence, to: own.id, bootKey: isPairwise ? own.publicKey : nil,
                into: &frame)
        } catch {
            preconditionFailure("a padded plaintext was not sealed: \(error)")
        }
        return frame
    }

    private mutating func open(_ frame: [UInt8]) -> Outcome {
        var plaintext: [UInt8] = []
        let (id, key) = (peer.id, peer.publicKey)
        switch gate.open(
            frame, at: .seconds(Int64(clamping: sequence)), into: &plaintext,
            bootKey: { $0 == id ? key : nil })
        {
        case .opened(let opened):
            precondition(plaintext.count == opened.plaintextBytes)
            precondition(opened.sender == id && opened.sequence > 0)
            return Outcome(isRefused: false)
        case .stranger, .refused, .outdated:
            precondition(plaintext.isEmpty)
            return Outcome(isRefused: true)
        }
    }

    private struct Outcome {
        let isRefused: Bool
    }
}
