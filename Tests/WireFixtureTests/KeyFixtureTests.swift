import Foundation
import MembershipCore
import MembershipWire
import Testing

@testable import MembershipSecurity

/// Keys, ids, hashes, signatures, proofs, and the lines of files.
struct KeyFixtureTests {
    private struct DerivationCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let what: String
        let inputs: [String]
        let output: String
    }

    private struct PairCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let clusterKey: String
        let sender: String
        let receiver: String
        let token: String
        let output: String
        let proof: String
    }

    private struct SignatureCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let text: String
        let signature: String
        let signer: String
        let seed: String
    }

    private struct FileCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let kind: String
        let content: String
        let secret: String
    }

    @Test func `every derivation comes out as the fixtures say`() throws {
        let file = try FixtureFile<DerivationCase>("derivations")
        for one in file.cases {
            let output = try derive(one.what, one.inputs)
            #expect(output == one.output, "\(one.id)")
            WrittenBySwift.reproduced(file.name, one.id, [("output", output)])
        }
    }

    private func derive(_ what: String, _ inputs: [String]) throws -> String {
        let first = bytes(try #require(inputs.first))
        switch what {
        case "cid": return hex(clusterID(first).octets.bytes)
        case "kid":
            return hexadecimal(UInt64(Parties.clusterKey(first).id.value), digits: 4)
        case "fingerprint": return Parties.clusterKey(first).fingerprint
        case "frame-key", "mac-key", "preshared-key", "cluster-direction":
            return secret(what, first, inputs)
        case "identity-key":
            let identity = try #require(NodeIdentity(seed: SecretBytes(copying: first)))
            return hex(identity.publicKey.octets.bytes)
        case "node-id": return NodeID(of: IdentityKey(octets(inputs[0]))).description
        case "boot-key":
            let boot = try #require(BootKeys(secret: SecretBytes(copying: first)))
            return hex(boot.publicKey.octets.bytes)
        case "boot-id": return BootID(of: BootKey(octets(inputs[0]))).description
        case "core-hash":
            return hex(
                first.withUnsafeBytes { Derivation.core.octets($0, as: Octets32.self) }.bytes)
        case "record-hash": return hexadecimal(try recordHash(inputs), digits: 16)
        case "state-root":
            return hex(
                first.withUnsafeBytes { Derivation.entries.octets($0, as: Octets32.self) }.bytes)
        case "state-hash":
            let root = StateRoot(octets(inputs[3] + String(repeating: "0", count: 48)))
            let hash = StateHash.of(
                NodeID(number(inputs[0])), BootID(number(inputs[1])), version: number(inputs[2]),
                root)
            return hexadecimal(hash, digits: 16)
        case "bucket":
            let bucket = number(inputs[0]) >> (64 - UInt64(number(inputs[1]).trailingZeroBitCount))
            return hexadecimal(bucket, digits: 4)
        default:
            Issue.record("unknown derivation \(what)")
            return ""
        }
    }

    private func clusterID(_ name: [UInt8]) -> ClusterID {
        // A name is any bytes; what people type is UTF-8.
        guard let text = String(validating: name, as: UTF8.self) else {
            Issue.record("not UTF-8")
            return ClusterID(Octets16())
        }
        return ClusterID(named: text)
    }

    private func secret(_ what: String, _ key: [UInt8], _ inputs: [String]) -> String {
        let keys = FrameKeys(Parties.clusterKey(key), cluster: clusterID(bytes(inputs[1])))
        switch what {
        case "frame-key": return keys.withFrameKey { hex($0) }
        case "mac-key": return keys.withMACKey { hex($0) }
        case "preshared-key": return keys.makePresharedKey().withBytes { hex($0) }
        default:
            var key = [UInt8](repeating: 0, count: 32)
            key.withUnsafeMutableBytes {
                keys.deriveDirectionKey(
                    from: BootID(number(inputs[2])), to: BootID(number(inputs[3])), into: $0)
            }
            return hex(key)
        }
    }

    private func recordHash(_ inputs: [String]) throws -> UInt64 {
        let states: [String: MemberState] = ["alive": .alive, "dead": .dead, "left": .left]
        // The hash looks at ids, incarnation and the core's hash only.
        let core = try MemberCore(
            parsing: bytes(try #require(try FixtureCore.first(in: "cores"))))
        let record = MemberRecord(
            verified: core, id: NodeID(number(inputs[0])), boot: BootID(0),
            coreHash: CoreHash(octets(inputs[2] + String(repeating: "0", count: 48))),
            incarnation: try #require(Incarnation(number(inputs[1]))), standing: .alive,
            signature: Signature(Octets64()))
        return RecordHash.of(record, try #require(states[inputs[3]]))
    }

    private struct FixtureCore: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let core: String

        static func first(in name: String) throws -> String? {
            try FixtureFile<FixtureCore>(name).cases.first { $0.isValid }?.core
        }
    }

    @Test func `pair keys and relay proofs come out as the fixtures say`() throws {
        let file = try FixtureFile<PairCase>("pairs")
        for one in file.cases {
            let secrets = Parties.secrets(of: Keyring(Parties.key(named: one.clusterKey)))
            let boot = try Parties.boot(named: one.sender)
            let receiver = BootKey(octets(one.receiver))
            let authenticator = NodeAuthenticator(
                identity: try Parties.identity(named: "A"), boot: boot, secrets: secrets)
            let token = RelayToken(octets(one.token))
            let proof = authenticator.relayProof(of: token, for: receiver)
            #expect((proof != nil) == one.isValid, "\(one.id)")
            let key = pairKey(from: boot, to: receiver, secrets) ?? ""
            #expect(key == one.output, "\(one.id)")
            let text = proof.map { hex($0.octets.bytes) } ?? ""
            #expect(text == one.proof, "\(one.id)")
            WrittenBySwift.reproduced(file.name, one.id, [("output", key), ("proof", text)])
        }
    }

    private func pairKey(
        from boot: BootKeys, to receiver: BootKey, _ secrets: ClusterSecrets
    ) -> String? {
        var shared = [UInt8](repeating: 0, count: 32)
        guard shared.withUnsafeMutableBytes({ boot.pair.agree(with: receiver.octets, into: $0) })
        else { return nil }
        var key = [UInt8](repeating: 0, count: 32)
        key.withUnsafeMutableBytes { key in
            shared.withUnsafeBytes {
                secrets.primary.derivePairKey(
                    sharing: $0, from: boot.publicKey, to: receiver, into: key)
            }
        }
        return hex(key)
    }

    @Test func `signatures are made and refused as the fixtures say`() throws {
        let file = try FixtureFile<SignatureCase>("signatures")
        for one in file.cases {
            let (text, signature) = (bytes(one.text), bytes(one.signature))
            let isValid = signature.withUnsafeBytes { signature in
                text.withUnsafeBytes { text in
                    bytes(one.signer).withUnsafeBytes {
                        Sodium.isValid(signature, of: text, publicKey: $0)
                    }
                }
            }
            #expect(isValid == one.isValid, "\(one.id)")
            var output = [("result", isValid ? "valid" : "drop")]
            if !one.seed.isEmpty {
                let seed = SecretBytes(copying: bytes(one.seed))
                let identity = try #require(NodeIdentity(seed: seed))
                let made = hex(identity.sign(text).octets.bytes)
                #expect(made == one.signature, "\(one.id)")
                output.append(("signature", made))
            }
            WrittenBySwift.reproduced(file.name, one.id, output)
        }
    }

    @Test func `files are read and refused as the fixtures say`() throws {
        let file = try FixtureFile<FileCase>("files")
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "iridium-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (index, one) in file.cases.enumerated() {
            let path = "\(folder)/\(index)"
            #expect(
                FileManager.default.createFile(
                    atPath: path, contents: Data(bytes(one.content)),
                    attributes: [.posixPermissions: 0o600]))
            let secret = (try? read(one.kind, path)) ?? ""
            #expect(secret == one.secret, "\(one.id)")
            WrittenBySwift.reproduced(
                file.name, one.id,
                [("secret", secret), ("result", secret.isEmpty ? "drop" : "valid")]
            )
        }
    }

    private func read(_ kind: String, _ path: String) throws -> String {
        switch kind {
        case "iridium-key": return try KeyFile.read(path).secret.withBytes { hex($0) }
        case "iridium-identity": return try IdentityFile.read(path).seed.withBytes { hex($0) }
        default:
            let incarnation = try #require(try IncarnationFile.read(path))
            return hexadecimal(incarnation.number, digits: 16)
        }
    }
}
