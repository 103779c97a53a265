package import MembershipWire

/// Signatures for large worlds: quick, checkable, and **not cryptography**.
///
/// Anyone can forge them, since they are a mix of the public key and the text. They do show honest
/// mistakes: a statement signed by the wrong member, under another incarnation, or changed on its
/// way fails the check. Small worlds use the real ones.
package struct PlainAuthenticator: StatementAuthenticator {
    private let identityKey: IdentityKey
    private let bootKey: BootKey

    package init(identityKey: IdentityKey, bootKey: BootKey) {
        self.identityKey = identityKey
        self.bootKey = bootKey
    }

    package func nodeID(of key: IdentityKey) -> NodeID {
        var mix = Mix(1)
        mix.absorb(key.octets)
        return NodeID(mix.value)
    }

    package func bootID(of key: BootKey) -> BootID {
        var mix = Mix(2)
        mix.absorb(key.octets)
        return BootID(mix.value)
    }

    package func hash(of coreBytes: [UInt8]) -> CoreHash {
        var mix = Mix(3)
        mix.absorb(coreBytes)
        return CoreHash(mix.spread())
    }

    package func root(of stateText: [UInt8]) -> StateRoot {
        var mix = Mix(10)
        mix.absorb(stateText)
        return StateRoot(mix.spread())
    }

    package func sign(_ text: SignedText) -> Signature {
        Self.signature(of: text, by: identityKey)
    }

    package func isValid(_ signature: Signature, of text: SignedText, by key: IdentityKey) -> Bool {
        Self.signature(of: text, by: key) == signature
    }

    package func makeRelayToken(_ draw: RelayToken) -> RelayToken { draw }

    package func relayProof(of token: RelayToken, for requester: BootKey) -> RelayProof? {
        Self.proof(of: token, by: bootKey, for: requester)
    }

    package func isValid(_ proof: RelayProof, of token: RelayToken, by target: BootKey) -> Bool {
        Self.proof(of: token, by: target, for: bootKey) == proof
    }

    private static func proof(
        of token: RelayToken, by target: BootKey, for requester: BootKey
    ) -> RelayProof {
        var mix = Mix(4)
        mix.absorb(token.octets)
        mix.absorb(target.octets)
        mix.absorb(requester.octets)
        return RelayProof(mix.spread())
    }

    private static func signature(of text: SignedText, by key: IdentityKey) -> Signature {
        var mix: Mix
        switch text {
        case .statement(let core, let incarnation, let standing):
            mix = Mix(5)
            mix.absorb(core.octets)
            mix.absorb(incarnation.number)
            mix.absorb(UInt64(standing.rawValue))
        case .suspicion(let target, let core, let incarnation, let accuser):
            mix = Mix(6)
            mix.absorb(target.value)
            mix.absorb(core.octets)
            mix.absorb(incarnation.number)
            mix.absorb(accuser.value)
        case .gone(let target, let core, let incarnation, let accuser):
            mix = Mix(9)
            mix.absorb(target.value)
            mix.absorb(core.octets)
            mix.absorb(incarnation.number)
            mix.absorb(accuser.value)
        case .degraded(let member, let incarnation, let counter):
            mix = Mix(7)
            mix.absorb(member.value)
            mix.absorb(incarnation.number)
            mix.absorb(UInt64(counter))
        case .user(let origin, let sequence, let applicationType, let payload):
            mix = Mix(8)
            mix.absorb(origin.value)
            mix.absorb(sequence)
            mix.absorb(UInt64(applicationType))
            mix.absorb(payload)
        case .state(let member, let process, let version, let root):
            mix = Mix(11)
            mix.absorb(member.value)
            mix.absorb(process.value)
            mix.absorb(version)
            mix.absorb(root.octets)
        }
        mix.absorb(key.octets)
        return Signature(mix.spread())
    }
}

/// Folds words into one. Each step is a bijection of the value before.
struct Mix {
    private(set) var value: UInt64

    init(_ domain: UInt64) { value = SplitMix.scramble(domain) }

    mutating func absorb(_ word: UInt64) {
        value = SplitMix.scramble((value ^ word) &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1)
    }

    mutating func absorb(_ octets: some Octets) {
        octets.withBytes { bytes in
            for offset in stride(from: 0, to: bytes.count, by: 8) {
                absorb(
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            }
        }
    }

    mutating func absorb(_ bytes: [UInt8]) {
        absorb(UInt64(bytes.count))
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset + 8 <= buffer.count {
                absorb(
                    UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                )
                offset += 8
            }
            var rest: UInt64 = 0
            while offset < buffer.count {
                rest = rest << 8 | UInt64(buffer[offset])
                offset += 1
            }
            absorb(rest)
        }
    }

    /// As many bytes as requested; the first eight are the value.
    func spread<Bytes: Octets>() -> Bytes {
        var mixer = SplitMix(state: value)
        return Bytes(filling: { buffer in
            for offset in stride(from: 0, to: buffer.count, by: 8) {
                let word = offset == 0 ? value : mixer.next()
                buffer.storeBytes(of: word.bigEndian, toByteOffset: offset, as: UInt64.self)
            }
        })
    }
}
