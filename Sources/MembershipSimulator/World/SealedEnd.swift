import MembershipCore
import MembershipSecurity
import MembershipWire

/// The real gate of one simulated process: it seals and opens its frames with the keys and replay
/// windows of a real node.
///
/// A gate cannot be copied, so it is in a class. Only the world that made it uses it, never two
/// threads at once. Hedges are random, as they must be, and decide nothing.
final class SealedEnd: @unchecked Sendable {
    private var gate: FrameGate
    private var plaintext: [UInt8] = []

    init(secrets: ClusterSecrets, boot: BootKeys) {
        gate = FrameGate(secrets: secrets, boot: boot, peerCapacity: 256)
    }

    /// The frame, or the reason why there is none.
    func seal(
        _ datagram: Datagram, sequence: UInt64, to destination: Destination
    ) -> Result<[UInt8], SealedError> {
        do {
            let content = try MessageCodec.encode(datagram)
            var frame: [UInt8] = []
            try gate.seal(
                content, sequence: sequence, to: destination.boot,
                bootKey: datagram.body.suite == .pairwise ? destination.bootKey : nil, into: &frame)
            return .success(frame)
        } catch {
            return .failure(SealedError(text: "\(error)"))
        }
    }

    /// The content of a frame, opened with the boot keys of this view; nil if the gate or the codec
    /// refuses it.
    func open(
        _ frame: [UInt8], from source: Endpoint, at now: ClusterInstant, knowing view: MemberTable
    ) -> Input? {
        let opening = gate.open(frame, at: now - .origin, into: &plaintext) { view.bootKey(of: $0) }
        switch opening {
        // Worlds do not rotate keys.
        case .refused, .outdated: return nil
        case .stranger(let boot, let sequence):
            return .stranger(boot, sequence: sequence, source: source)
        case .opened(let opened):
            let datagram = try? MessageCodec.decode(datagram: plaintext, under: opened.suite)
            return datagram.map {
                .received(
                    $0, sequence: opened.sequence, from: opened.sender, source: source)
            }
        }
    }
}

/// The reason why a datagram could not be sealed.
struct SealedError: Error {
    let text: String
}

/// The common keys of the processes of one world, and the derivation of each process's keys from
/// the seed.
struct WorldKeys: Sendable {
    /// nil if statements are only mixed, not signed.
    let secrets: ClusterSecrets?

    init(seed: UInt64, fidelity: Fidelity) {
        var chance = SeededRandom(seed: seed, label: "cluster key")
        let bytes: Octets32 = chance.octets()
        guard fidelity == .sealed, let key = ClusterKey(SecretBytes(copying: bytes.bytes)) else {
            secrets = nil
            return
        }
        secrets = ClusterSecrets(keyring: Keyring(key), cluster: ClusterID(named: "simulated"))
    }

    /// The public identity that follows from 32 random bytes.
    func identityKey(from seed: Octets32) -> IdentityKey {
        guard secrets != nil else { return IdentityKey(seed) }
        return NodeIdentity(seed: SecretBytes(copying: seed.bytes))?.publicKey ?? IdentityKey(seed)
    }

    /// All keys of a new process.
    func boot(identity seed: Octets32, boot secret: Octets32) -> ProcessKeys {
        let plain = PlainAuthenticator(identityKey: IdentityKey(seed), bootKey: BootKey(secret))
        guard let secrets, let identity = NodeIdentity(seed: SecretBytes(copying: seed.bytes)),
            let keys = BootKeys(secret: SecretBytes(copying: secret.bytes))
        else {
            return ProcessKeys(
                bootKey: BootKey(secret), boot: plain.bootID(of: BootKey(secret)),
                authenticator: plain, end: nil)
        }
        return ProcessKeys(
            bootKey: keys.publicKey, boot: keys.id,
            authenticator: NodeAuthenticator(identity: identity, boot: keys, secrets: secrets),
            end: SealedEnd(secrets: secrets, boot: keys))
    }

    func nodeID(of key: IdentityKey) -> NodeID {
        guard secrets == nil else { return NodeID(of: key) }
        return PlainAuthenticator(identityKey: key, bootKey: BootKey(Octets32())).nodeID(of: key)
    }
}

/// The keys of one process.
struct ProcessKeys {
    let bootKey: BootKey
    let boot: BootID
    let authenticator: any StatementAuthenticator
    let end: SealedEnd?
}
