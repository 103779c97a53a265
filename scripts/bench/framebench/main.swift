import CSodium
import MembershipSecurity
import MembershipWire

/// The cost of a frame, beside the bare call of libsodium on the same bytes in the same run, and of the other
/// work of a node per datagram or per peer. Processor time, the least of many trials.
let key = ClusterKey.random()
let secrets = ClusterSecrets(keyring: Keyring(key), cluster: ClusterID(named: "bench"))
let (own, peer) = (BootKeys(), BootKeys())
let directory = [own.id: own.publicKey, peer.id: peer.publicKey]

func makeGate(_ boot: BootKeys) -> FrameGate { FrameGate(secrets: secrets, boot: boot) }

func seal(
    _ plaintext: [UInt8], _ gate: inout FrameGate, sequence: UInt64, into frame: inout [UInt8]
) {
    _ = frame.withUnsafeMutableBytes { frame in
        plaintext.withUnsafeBytes {
            try? gate.seal(
                $0, sequence: sequence, to: peer.id, bootKey: peer.publicKey, into: frame)
        }
    }
}

func open(_ frame: [UInt8], _ gate: inout FrameGate, into plaintext: inout [UInt8]) -> Bool {
    let opening = plaintext.withUnsafeMutableBytes { plaintext in
        frame.withUnsafeBytes { frame in
            gate.open(frame, at: .zero, into: plaintext) { directory[$0] }
        }
    }
    if case .opened = opening { return true }
    return false
}

func makeFrames(of plaintext: [UInt8], count: Int) -> [[UInt8]] {
    var gate = makeGate(own)
    return (0..<count).map { number in
        var frame = [UInt8](repeating: 0, count: plaintext.count + Bounds.frameOverheadBytes)
        seal(plaintext, &gate, sequence: UInt64(number + 1), into: &frame)
        return frame
    }
}

// MARK: The bare calls

let pieces = 256
var plain = [UInt8](repeating: 0, count: 1_280)
let bareKey = [UInt8](repeating: 7, count: 32)
let nonce = [UInt8](repeating: 1, count: 24)
let header = [UInt8](repeating: 2, count: 32)

/// libsodium alone on so many bytes: the time to encrypt, and to decrypt.
func bareTimes(of size: Int) -> (seal: Double, open: Double) {
    let plaintext = [UInt8](repeating: 5, count: size)
    var sealed = [UInt8](repeating: 0, count: size + 16)
    let sealing = leastTime(pieces: pieces) {
        0
    } _: { _, _ in
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            &sealed, nil, plaintext, UInt64(size), header, 32, nil, nonce, bareKey)
    }
    // As many boxes as there are frames, so that both find their bytes equally far away.
    let boxes = (0..<pieces).map { _ in sealed.map { $0 } }
    var failures = 0
    let opening = leastTime(pieces: pieces) {
        0
    } _: { _, piece in
        if crypto_aead_xchacha20poly1305_ietf_decrypt(
            &plain, nil, nil, boxes[piece], UInt64(size + 16), header, 32, nonce, bareKey) != 0
        {
            failures += 1
        }
    }
    precondition(failures == 0, "\(failures) boxes were not opened")
    return (sealing, opening)
}

// MARK: Frames

/// The smallest frame: a heartbeat, an ack.
let smallest = 64
var openingSmallest = Double.nan

print("frame         seal     bare     ratio    open     bare     ratio")
for size in [smallest, 512, 1_280] {
    let plaintext = [UInt8](repeating: 5, count: size)
    var frame = [UInt8](repeating: 0, count: size + Bounds.frameOverheadBytes)
    let sealing = leastTime(pieces: pieces) {
        var gate = makeGate(own)
        seal(plaintext, &gate, sequence: 1, into: &frame)
        return gate
    } _: { gate, piece in
        seal(plaintext, &gate, sequence: UInt64(piece + 2), into: &frame)
    }
    let bare = bareTimes(of: size)
    let frames = makeFrames(of: plaintext, count: pieces + 1)
    var failures = 0
    let opening = leastTime(pieces: pieces) {
        var gate = makeGate(peer)
        if !open(frames[0], &gate, into: &plain) { failures += 1 }
        return gate
    } _: { gate, piece in
        if !open(frames[piece + 1], &gate, into: &plain) { failures += 1 }
    }
    precondition(failures == 0, "\(failures) frames were not opened")
    print(
        column("\(size + 48) bytes", 14) + column(nanoseconds(sealing), 9)
            + column(nanoseconds(bare.seal), 9) + column(ratio(sealing, to: bare.seal), 9)
            + column(nanoseconds(opening), 9) + column(nanoseconds(bare.open), 9)
            + ratio(opening, to: bare.open))
    if size == smallest { openingSmallest = opening }
}

// MARK: Strangers

var strange = makeFrames(of: [UInt8](repeating: 5, count: 64), count: 1)[0]
strange[4] ^= 1
let rejection = leastTime(pieces: 4_096) {
    makeGate(peer)
} _: { gate, _ in
    if open(strange, &gate, into: &plain) { preconditionFailure("a stranger's frame was opened") }
}
let garbage = [UInt8](repeating: 0x16, count: 400)
let refusal = leastTime(pieces: 4_096) {
    makeGate(peer)
} _: { gate, _ in
    if open(garbage, &gate, into: &plain) { preconditionFailure("garbage was opened") }
}
print("")
print("beside opening a frame of 112 bytes       limit 0.20x")
print(
    "refusing a stranger's frame (short MAC)   \(ratio(rejection, to: openingSmallest))  "
        + nanoseconds(rejection))
print(
    "refusing other bytes                      \(ratio(refusal, to: openingSmallest))  "
        + nanoseconds(refusal))

// MARK: Peers and records

let boots = (0..<64).map { _ in BootKeys() }
var first = [UInt8](repeating: 0, count: 112)
let pairing = leastTime(trials: 10, pieces: boots.count) {
    makeGate(own)
} _: { gate, piece in
    let boot = boots[piece]
    _ = first.withUnsafeMutableBytes { frame in
        [UInt8](repeating: 0, count: 64).withUnsafeBytes {
            try? gate.seal($0, sequence: 1, to: boot.id, bootKey: boot.publicKey, into: frame)
        }
    }
}
let identity = NodeIdentity.random()
let authenticator = NodeAuthenticator(identity: identity, boot: own, secrets: secrets)
let core = try MemberCore.make(
    identityKey: identity.publicKey, bootKey: own.publicKey,
    endpoint: Endpoint(.v4(0x0A00_0001), port: 2254), alias: NodeAlias(parsing: "bench"),
    metadata: [])
let coreHash = authenticator.hash(of: core.bytes)
let text = SignedText.statement(coreHash, .first, .alive)
let signature = authenticator.sign(text)
let verification = leastTime(trials: 10, pieces: 64) {
    0
} _: { _, _ in
    let hash = authenticator.hash(of: core.bytes)
    let isValid = authenticator.isValid(
        signature, of: .statement(hash, .first, .alive), by: identity.publicKey)
    precondition(isValid)
}
print("first frame to a new peer (key agreement): \(nanoseconds(pairing))")
print("verifying a record: \(nanoseconds(verification))")

// MARK: Whole datagrams

print("")
print("heartbeat with rumors    bytes    encode and seal    ratio    open and decode    ratio")
print("beside libsodium alone; limit at 112 bytes           1.25x                       1.25x")
let view = Item.view(ViewDigest(members: 3, hash: 7, keyringHash: 0))
for rumors in [0, 4, 12] {
    let items = (0..<rumors).map { number in
        Item.refresh(
            RefreshStatement(
                member: NodeID(UInt64(number)), corePrefix: coreHash.prefix, incarnation: .first,
                standing: .alive, signature: signature))
    }
    let heartbeat = Datagram(.heartbeat(isIntroduction: false), [view] + items)
    var content: [UInt8] = []
    var frame = [UInt8](repeating: 0, count: 1_328)
    let out = leastTime(pieces: pieces) {
        makeGate(own)
    } _: { gate, piece in
        content.removeAll(keepingCapacity: true)
        do { try MessageCodec.encode(heartbeat, into: &content) } catch { preconditionFailure() }
        seal(content, &gate, sequence: UInt64(piece + 1), into: &frame)
    }
    let frames = makeFrames(of: content, count: pieces + 1)
    let into = leastTime(pieces: pieces) {
        var gate = makeGate(peer)
        _ = open(frames[0], &gate, into: &plain)
        return gate
    } _: { gate, piece in
        precondition(open(frames[piece + 1], &gate, into: &plain))
        let size = frames[piece + 1].count - Bounds.frameOverheadBytes
        let message = plain.withUnsafeBytes {
            try? MessageCodec.decode(
                datagram: UnsafeRawBufferPointer(rebasing: $0.prefix(size)), under: .pairwise)
        }
        precondition(message?.items.count == rumors + 1)
    }
    let padded = frames[0].count - Bounds.frameOverheadBytes
    let bare = bareTimes(of: padded)
    print(
        column("\(rumors)", 25) + column("\(frames[0].count)", 9)
            + column(nanoseconds(out), 19) + column(ratio(out, to: bare.seal), 9)
            + column(nanoseconds(into), 19) + ratio(into, to: bare.open))
}
