/// The key operations that the core of a running node may use: hash, sign, verify, and answer a
/// relay.
///
/// A relay proof is a MAC that only two nodes can make: the target of a relayed heartbeat, and the
/// node that requested it. Its key is that of pairwise frames from the target to the requester. So
/// a lying relay cannot make one, whatever keys of the cluster it holds. And because a token is
/// unpredictable, it cannot have requested one earlier. Specs/Wire.md, sections 1, 3 and 4.
package import MembershipWire

package struct NodeAuthenticator: StatementAuthenticator {
    private let identity: NodeIdentity
    private let boot: BootKeys
    private let secrets: ClusterSecrets

    package init(identity: NodeIdentity, boot: BootKeys, secrets: ClusterSecrets) {
        self.identity = identity
        self.boot = boot
        self.secrets = secrets
    }

    package func nodeID(of key: IdentityKey) -> NodeID { NodeID(of: key) }

    package func bootID(of key: BootKey) -> BootID { BootID(of: key) }

    package func hash(of coreBytes: [UInt8]) -> CoreHash {
        CoreHash(coreBytes.withUnsafeBytes { Derivation.core.octets($0) })
    }

    package func root(of stateText: [UInt8]) -> StateRoot {
        StateRoot(stateText.withUnsafeBytes { Derivation.entries.octets($0) })
    }

    package func sign(_ text: SignedText) -> Signature {
        identity.sign(text.bytes(in: secrets.cluster))
    }

    package func isValid(_ signature: Signature, of text: SignedText, by key: IdentityKey) -> Bool {
        let bytes = text.bytes(in: secrets.cluster)
        return signature.octets.withBytes { signature in
            bytes.withUnsafeBytes { text in
                key.octets.withBytes { Sodium.isValid(signature, of: text, publicKey: $0) }
            }
        }
    }

    package func makeRelayToken(_ draw: RelayToken) -> RelayToken {
        // The draw replays, but a token must be unpredictable.
        RelayToken(Octets16(filling: { Sodium.fillWithRandom($0) }))
    }

    package func relayProof(of token: RelayToken, for requester: BootKey) -> RelayProof? {
        withSharedSecret(with: requester) { shared in
            makeProof(
                of: token, sharing: shared, from: boot.publicKey, to: requester,
                under: secrets.primary)
        }
    }

    /// Under any key of the ring: during a rotation the target's primary key may not be ours.
    package func isValid(_ proof: RelayProof, of token: RelayToken, by target: BootKey) -> Bool {
        withSharedSecret(with: target) { shared in
            secrets.keys.contains { keys in
                let expected = makeProof(
                    of: token, sharing: shared, from: target, to: boot.publicKey, under: keys)
                return expected.octets.withBytes { mine in
                    proof.octets.withBytes { Sodium.areEqual(mine, $0) }
                }
            }
        } ?? false
    }

    /// One key agreement, about 30 µs: proofs are made only if a heartbeat got no ack. nil for a
    /// key of small order.
    private func withSharedSecret<R>(
        with other: BootKey, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R? {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { shared in
            defer { Sodium.wipe(shared) }
            guard boot.pair.agree(with: other.octets, into: shared) else { return nil }
            return body(UnsafeRawBufferPointer(shared))
        }
    }

    private func makeProof(
        of token: RelayToken, sharing secret: UnsafeRawBufferPointer, from target: BootKey,
        to requester: BootKey, under keys: FrameKeys
    ) -> RelayProof {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { key in
            defer { Sodium.wipe(key) }
            keys.derivePairKey(sharing: secret, from: target, to: requester, into: key)
            let source = UnsafeRawBufferPointer(key)
            return RelayProof(token.octets.withBytes { Derivation.relay.octets(key: source, $0) })
        }
    }
}
