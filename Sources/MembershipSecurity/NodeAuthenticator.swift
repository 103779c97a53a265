/// What the core of one running node may do with its keys: hash, sign, verify, and answer a relay.
///
/// A relay proof is a MAC that only the target of a relayed heartbeat and the one who asked for it
/// can make: its key is that of frames from the target to the requester. In suite 1 that key follows
/// from the cluster key, so it stops strangers and mistakes; with pairwise keys, whose place is
/// `withProofKey`, it stops lying members too. Specs/Wire.md, sections 1, 3 and 4.
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

    package func relayProof(of token: RelayToken, for requester: BootKey) -> RelayProof {
        makeProof(of: token, from: boot.id, to: BootID(of: requester), under: secrets.primary)
    }

    /// Under any key of the ring: while keys are rotated, the target's primary may not be ours.
    package func isValid(_ proof: RelayProof, of token: RelayToken, by target: BootKey) -> Bool {
        let targetID = BootID(of: target)
        return secrets.keys.contains { keys in
            let expected = makeProof(of: token, from: targetID, to: boot.id, under: keys)
            return expected.octets.withBytes { mine in
                proof.octets.withBytes { Sodium.areEqual(mine, $0) }
            }
        }
    }

    private func makeProof(
        of token: RelayToken, from target: BootID, to requester: BootID, under keys: FrameKeys
    ) -> RelayProof {
        withProofKey(from: target, to: requester, under: keys) { key in
            RelayProof(token.octets.withBytes { Derivation.relay.octets(key: key, $0) })
        }
    }

    private func withProofKey<R>(
        from target: BootID, to requester: BootID, under keys: FrameKeys,
        _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { key in
            defer { Sodium.wipe(key) }
            keys.deriveDirectionKey(from: target, to: requester, into: key)
            return body(UnsafeRawBufferPointer(key))
        }
    }
}
