import MembershipWire
import Testing

@testable import MembershipSecurity

/// The installed libsodium, through our own calls, against the edge cases of project Wycheproof.
struct WycheproofTests {
    private struct File<Group: Decodable>: Decodable {
        let testGroups: [Group]
    }

    private struct AEADGroup: Decodable {
        struct Case: Decodable {
            let tcId: Int
            let key, iv, aad, msg, ct, tag, result: String
        }
        let ivSize, keySize, tagSize: Int
        let tests: [Case]
    }

    @Test func `XChaCha20-Poly1305 seals and opens as published`() throws {
        let file = try PublishedVectors.load(
            "wycheproof-xchacha20_poly1305_test.json", as: File<AEADGroup>.self)
        guard let file else { return }
        var tried = 0
        for group in file.testGroups
        where group.ivSize == 192 && group.keySize == 256 && group.tagSize == 128 {
            for test in group.tests {
                tried += 1
                check(test)
            }
        }
        #expect(tried > 100)
    }

    private func check(_ test: AEADGroup.Case) {
        let (message, sealed) = (hex(test.msg), hex(test.ct) + hex(test.tag))
        var opened = [UInt8](repeating: 0, count: message.count)
        var resealed = [UInt8](repeating: 0, count: sealed.count)
        let isGenuine = hex(test.aad).withUnsafeBytes { header in
            hex(test.iv).withUnsafeBytes { nonce in
                hex(test.key).withUnsafeBytes { key in
                    message.withUnsafeBytes { message in
                        resealed.withUnsafeMutableBytes {
                            Sodium.xChaCha20Poly1305.seal(
                                message, authenticating: header, nonce: nonce, key: key, into: $0)
                        }
                    }
                    return sealed.withUnsafeBytes { sealed in
                        opened.withUnsafeMutableBytes {
                            Sodium.xChaCha20Poly1305.open(
                                sealed, authenticating: header, nonce: nonce, key: key, into: $0)
                        }
                    }
                }
            }
        }
        #expect(isGenuine == (test.result == "valid"), "case \(test.tcId)")
        guard test.result == "valid" else { return }
        #expect(opened == message, "case \(test.tcId)")
        #expect(resealed == sealed, "case \(test.tcId)")
    }

    private struct SignatureGroup: Decodable {
        struct Key: Decodable {
            let pk: String
        }
        struct Case: Decodable {
            let tcId: Int
            let msg, sig, result: String
        }
        let publicKey: Key
        let tests: [Case]
    }

    @Test func `Ed25519 accepts and refuses as published`() throws {
        let file = try PublishedVectors.load(
            "wycheproof-ed25519_test.json", as: File<SignatureGroup>.self)
        guard let file else { return }
        for group in file.testGroups {
            for test in group.tests {
                let isValid = hex(test.sig).withUnsafeBytes { signature in
                    hex(test.msg).withUnsafeBytes { text in
                        hex(group.publicKey.pk).withUnsafeBytes {
                            Sodium.isValid(signature, of: text, publicKey: $0)
                        }
                    }
                }
                #expect(isValid == (test.result == "valid"), "case \(test.tcId)")
            }
        }
    }

    private struct AgreementGroup: Decodable {
        struct Case: Decodable {
            let tcId: Int
            let `public`, `private`, shared, result: String
        }
        let tests: [Case]
    }

    @Test func `X25519 agrees as published and refuses an all-zero result`() throws {
        let file = try PublishedVectors.load(
            "wycheproof-x25519_test.json", as: File<AgreementGroup>.self)
        guard let file else { return }
        var refused = 0
        for test in file.testGroups.flatMap(\.tests) {
            let pair = KeyPair(secret: SecretBytes(copying: hex(test.private)))
            let publicKey = try #require(Octets32(bytes: hex(test.public)))
            var shared = [UInt8](repeating: 0, count: 32)
            let isSound = shared.withUnsafeMutableBytes { pair.agree(with: publicKey, into: $0) }
            let isZero = hex(test.shared).allSatisfy { $0 == 0 }
            #expect(isSound == !isZero, "case \(test.tcId)")
            if isZero {
                refused += 1
            } else {
                #expect(shared == hex(test.shared), "case \(test.tcId)")
            }
        }
        #expect(refused > 0)
    }
}
