/// A frame with anything in it, and with the MACs that make it otherwise right: what a holder of the
/// cluster key and of one boot's secret could send. Each check of the gate is tried with a frame that
/// only it refuses.
import MembershipWire
import Testing

@testable import MembershipSecurity

struct ForgedFrame {
    var magic: UInt8 = 0x49
    var versionAndSuite: UInt8 = 0x12
    var keyID = Golden.key.id
    var keys = Golden.secrets.primary
    /// Whose secret the key is made with (in suite 1: nobody's).
    var maker = Golden.a.boot
    /// Whom the header names instead of the maker.
    var sender: BootID?
    var target = Golden.b.boot
    var sequence: UInt64 = 1
    var plaintext = Golden.plaintext
    /// Flipped in the short MAC before the tag is made over it.
    var macDamage: UInt32 = 0
    var tagDamage: UInt8 = 0

    var bytes: [UInt8] {
        let sender = sender ?? maker.id
        var start: [UInt8] = [magic, versionAndSuite]
        start.append(bigEndian: keyID.value)
        var nonce: [UInt8] = []
        nonce.append(bigEndian: sender.value)
        nonce.append(bigEndian: sequence)
        nonce.append(bigEndian: Golden.hedge)
        var destination: [UInt8] = []
        destination.append(bigEndian: target.id.value)

        let mac = (start + nonce + destination).withUnsafeBytes { input in
            keys.withMACKey { Sodium.siphash32(input, key: $0) }
        }
        var header = start
        header.append(bigEndian: mac ^ macDamage)
        header += nonce

        var sealed = [UInt8](repeating: 0, count: plaintext.count + 16)
        sealed.withUnsafeMutableBytes { output in
            plaintext.withUnsafeBytes { plaintext in
                header.withUnsafeBytes { header in
                    nonce.withUnsafeBytes { nonce in
                        makeKey(from: sender).withUnsafeBytes {
                            Sodium.xChaCha20Poly1305.seal(
                                plaintext, authenticating: header, nonce: nonce, key: $0,
                                into: output)
                        }
                    }
                }
            }
        }
        sealed[sealed.count - 1] ^= tagDamage
        return header + sealed
    }

    private func makeKey(from sender: BootID) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: 32)
        key.withUnsafeMutableBytes { key in
            guard versionAndSuite & 0x0F == Suite.pairwise.rawValue else {
                return keys.deriveDirectionKey(from: sender, to: target.id, into: key)
            }
            withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { shared in
                _ = maker.pair.agree(with: target.publicKey.octets, into: shared)
                keys.derivePairKey(
                    sharing: UnsafeRawBufferPointer(shared), from: maker.publicKey,
                    to: target.publicKey, into: key)
            }
        }
        return key
    }
}

extension ForgedFrame: CustomTestStringConvertible {
    var testDescription: String { "a forged frame" }
}

extension FrameGate {
    /// Opens and forgets the plaintext: what became of the datagram.
    mutating func receive(
        _ datagram: [UInt8], at now: Duration = .zero,
        bootKey: (BootID) -> BootKey? = Golden.bootKey
    ) -> Opening {
        var plaintext: [UInt8] = []
        return open(datagram, at: now, into: &plaintext, bootKey: bootKey)
    }

    mutating func receive(
        _ frame: ForgedFrame, at now: Duration = .zero,
        bootKey: (BootID) -> BootKey? = Golden.bootKey
    ) -> Opening {
        receive(frame.bytes, at: now, bootKey: bootKey)
    }

    /// How many datagrams were opened and refused, as one can compare it.
    var tally: [String: UInt64] {
        var tally: [String: UInt64] = [:]
        for refusal in Refusal.allCases where counters[refusal] > 0 {
            tally[refusal.name] = counters[refusal]
        }
        if counters.opened > 0 { tally["opened"] = counters.opened }
        return tally
    }
}

/// The gate of B, which has heard nobody yet.
func makeGateOfB(peerCapacity: Int = 64) -> FrameGate {
    FrameGate(secrets: Golden.secrets, boot: Golden.b.boot, peerCapacity: peerCapacity)
}

/// The gate of A, whose first frame has the golden hedge.
func makeGateOfA() -> FrameGate {
    FrameGate(
        secrets: Golden.secrets, boot: Golden.a.boot,
        hedges: .counting(from: Golden.hedge), peerCapacity: 64)
}
