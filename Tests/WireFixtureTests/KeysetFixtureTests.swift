import Foundation
import MembershipWire
import Testing

@testable import MembershipSecurity

/// Keysets: what KEYS carries, which of two holds, and the files that keep them.
struct KeysetFixtureTests {
    /// One of four kinds of cases, by `what`; each has the fields of its kind.
    private struct KeysetCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let what: String
        // A message.
        let cluster: String?
        let plaintext: String?
        let kh: String?
        let message: [String]?
        // A comparison.
        let held: String?
        let told: String?
        // A file.
        let content: String?
        let entries: [String]?
    }

    private static func cases(_ what: String) throws -> [KeysetCase] {
        let cases = try FixtureFile<KeysetCase>("keysets").cases.filter { $0.what == what }
        #expect(!cases.isEmpty)
        return cases
    }

    /// As a receiver reads KEYS: form and kids, then the signature. nil is version 0.
    private func read(_ message: String, in cluster: ClusterID) throws -> Keyset? {
        let message = bytes(message)
        guard let keyset = try message.withUnsafeBytes({ try Keyset.decode(message: $0) })
        else { return nil }
        guard keyset.isSigned(in: cluster) else { throw WireError.badKeysetSignature }
        return keyset
    }

    private func hexText(_ secret: SecretBytes) -> String { secret.withBytes { hex($0) } }

    private func words(_ keyset: Keyset?) -> String {
        guard let keyset, let author = keyset.author, let signature = keyset.signature else {
            return "KEYS"
        }
        let keys = keyset.keyring.keys.map { hexText($0.secret) }.joined(separator: ",")
        let retired = keyset.retired.map { "\(hexText($0.key.secret)):\($0.until)" }
        return "KEYS stage=\(keyset.stage) version=\(keyset.version)"
            + " author=\(hex(author.octets.bytes)) keys=\(keys)"
            + " retired=\(retired.joined(separator: ","))"
            + " signature=\(hex(signature.octets.bytes))"
    }

    @Test func `KEYS is read and refused as the fixtures say`() throws {
        for one in try Self.cases("message") {
            let name = String(decoding: bytes(try #require(one.cluster)), as: UTF8.self)
            var (lines, hash, reason) = ([String](), "", "")
            do {
                let keyset = try read(try #require(one.plaintext), in: ClusterID(named: name))
                lines = [words(keyset)]
                hash = keyset.map { hex($0.hash.bytes) } ?? ""
                // Written again it is the same.
                let again = keyset.map { $0.makeMessage() } ?? SecretBytes(copying: [0x15])
                #expect(hexText(again) == one.plaintext, "\(one.id)")
            } catch let error as WireError {
                reason = error.rawValue
            }
            #expect(lines == one.message, "\(one.id)")
            #expect(hash == one.kh, "\(one.id)")
            #expect(reason == one.reason, "\(one.id)")
            WrittenBySwift.reproduced("keysets", one.id, [("kh", hash), ("reason", reason)])
        }
    }

    @Test func `of two keysets the one that the fixtures name holds`() throws {
        let cluster = ClusterID(named: "prod-eu1")
        let unrotated = Keyset(Parties.clusterKey([UInt8](repeating: 0x80, count: 32)))
        for one in try Self.cases("comparison") {
            let held = try read(try #require(one.held), in: cluster) ?? unrotated
            let told = try read(try #require(one.told), in: cluster) ?? unrotated
            let isTaken =
                told.supersedes(held) && told.isWithinReach(of: held) && told.continues(held)
            #expect(isTaken == one.isValid, "\(one.id)")
            WrittenBySwift.reproduced(
                "keysets", one.id, [("result", isTaken ? "valid" : "drop")])
        }
    }

    @Test func `files of keysets are read and refused as the fixtures say`() throws {
        for one in try Self.cases("key-file") {
            let content = bytes(try #require(one.content))
            let keyset = try? withFile(content) { try KeyFile.readKeyset($0) }
            let message = keyset.map { hexText($0.makeMessage()) } ?? ""
            #expect(message == one.plaintext, "\(one.id)")
            WrittenBySwift.reproduced(
                "keysets", one.id,
                [("plaintext", message), ("result", message.isEmpty ? "drop" : "valid")])
        }
    }

    @Test func `files of the entitled are read and refused as the fixtures say`() throws {
        for one in try Self.cases("entitled-file") {
            let content = bytes(try #require(one.content))
            let entitled = try? EntitledFile.decode(content)
            let lines = (entitled ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            #expect(lines == one.entries, "\(one.id)")
            #expect((entitled != nil) == one.isValid, "\(one.id)")
            if let entitled { #expect(EntitledFile.encode(entitled) == content, "\(one.id)") }
            WrittenBySwift.reproduced(
                "keysets", one.id, [("result", entitled == nil ? "drop" : "valid")])
        }
    }

    private func withFile<R>(_ content: [UInt8], _ body: (String) throws -> R) throws -> R {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "iridium-test-\(UUID().uuidString)").path
        try #require(
            FileManager.default.createFile(
                atPath: path, contents: Data(content), attributes: [.posixPermissions: 0o600]))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }
}
