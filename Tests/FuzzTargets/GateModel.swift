/// What a gate must say to a datagram: its checks in the order of the text (Specs/Wire.md, section 2),
/// written a second time, slow and plain. Only the rationing of suite 1 is left out.
import MembershipSecurity

struct GateModel: Sendable {
    enum Verdict: Equatable {
        case opened([UInt8])
        case stranger
        case outdated
        case refused(Refusal)
    }

    let own: ForgingBoot
    /// Whose boot keys are known.
    let peers: [ForgingBoot]
    /// Under which the gate opens, and under which it shows who may be behind.
    var accepted: [ForgingKey]
    var retired: [ForgingKey]
    private var windows: [Stream: Window] = [:]
    private var pairKeys: [Pair: [UInt8]] = [:]

    init(of own: ForgingBoot, peers: [ForgingBoot], accepted: [ForgingKey], retired: [ForgingKey]) {
        self.own = own
        self.peers = peers
        self.accepted = accepted
        self.retired = retired
    }

    /// Boots that have said something, once in each suite.
    var windowCount: Int { windows.count }
    /// The greatest sequence of all that was opened.
    private(set) var greatest: UInt64 = 0

    func verdict(on frame: [UInt8]) -> Verdict {
        guard (112...1_328).contains(frame.count), (frame.count - 48).isMultiple(of: 64) else {
            return .refused(.length)
        }
        guard frame[0] == 0x49 else { return .refused(.magic) }
        guard frame[1] >> 4 == 1 else { return .refused(.version) }
        let suite = frame[1] & 0x0F
        guard [1, 2].contains(suite) else { return .refused(.unsupportedSuite) }
        let kid = UInt16(number(frame[2..<4]))
        func hasRightMAC(_ key: ForgingKey) -> Bool {
            key.mac(of: frame, for: own.id).elementsEqual(frame[4..<8])
        }
        guard let key = accepted.first(where: { $0.id == kid }) else {
            let old = retired.first { $0.id == kid }
            guard suite == 2, let old, hasRightMAC(old) else { return .refused(.unknownKey) }
            return .outdated
        }
        guard hasRightMAC(key) else { return .refused(.mac) }
        let sender = Array(frame[8..<16])
        guard sender != own.id else { return .refused(.ownBoot) }
        let sequence = number(frame[16..<24])
        guard sequence > 0 else { return .refused(.zeroSequence) }
        let window = windows[Stream(frame)] ?? Window()
        guard window.admits(sequence) else { return .refused(.replay) }
        guard let direction = directionKey(key, suite, sender) else { return .stranger }
        guard let plaintext = Forging.open(frame, key: direction) else { return .refused(.tag) }
        return .opened(plaintext)
    }

    /// Remembers a frame that was opened.
    mutating func accept(_ frame: [UInt8]) {
        let sequence = number(frame[16..<24])
        windows[Stream(frame), default: Window()].accept(sequence)
        greatest = max(greatest, sequence)
    }

    mutating func forgetWindows() {
        windows = [:]
        greatest = 0
    }

    /// Agrees with everybody in advance, under each of the keys.
    mutating func prepare(_ keys: [ForgingKey]) {
        for key in keys {
            for peer in peers {
                pairKeys[Pair(key: key.id, sender: number(peer.id))] =
                    key.pairKey(from: peer, to: own)
            }
        }
    }

    private func directionKey(
        _ key: ForgingKey, _ suite: UInt8, _ sender: [UInt8]
    ) -> [UInt8]? {
        if suite == 1 { return key.clusterKey(from: sender, to: own.id) }
        return pairKeys[Pair(key: key.id, sender: number(sender))]
    }

    private struct Pair: Hashable {
        let key: UInt16
        let sender: UInt64
    }

    /// One suite of one sender.
    private struct Stream: Hashable {
        let suite: UInt8
        let sender: UInt64

        init(_ frame: [UInt8]) {
            suite = frame[1] & 0x0F
            sender = number(frame[8..<16])
        }
    }

    /// The greatest sequence and the 127 below it.
    private struct Window {
        var highest: UInt64 = 0
        var seen: [UInt64] = []

        func admits(_ sequence: UInt64) -> Bool {
            sequence > highest || (highest - sequence < 128 && !seen.contains(sequence))
        }

        mutating func accept(_ sequence: UInt64) {
            highest = max(highest, sequence)
            seen.append(sequence)
            seen.removeAll { highest - $0 >= 128 }
        }
    }
}
