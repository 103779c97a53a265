import MembershipWire
import Testing

@testable import MembershipSecurity

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Key files of more than one line, and who writes them.
struct KeysetFileTests {
    private let folder = TemporaryFolder()
    private var path: String { "\(folder.path)/cluster.key" }

    private func rotated(_ steps: Int) -> Keyset { KeysetTests.steps[steps - 1] }

    @Test func `a file of one line is version 0, and becomes what it is brought up to`() throws {
        try KeyFile.create(path, Golden.key)
        #expect(try KeyFile.readKeyset(path).version == 0)
        for keyset in KeysetTests.steps {
            #expect(try KeyFile.update(path, to: keyset) == keyset)
            #expect(try KeyFile.readKeyset(path) == keyset)
            #expect(try KeyFile.readKeyset(path).isSigned(in: Golden.cluster))
            #expect(try KeyFile.read(path) == keyset.keyring.primary)
            #expect(folder.mode("cluster.key") == 0o600)
            #expect(folder.names == ["cluster.key"])
        }
        let lines = folder.read("cluster.key").split(separator: "\n").map { line in
            line.split(separator: " ").first.map(String.init)
        }
        #expect(lines == ["iridium-key-1", "retired", "keyset"])
    }

    @Test func `the longest keyset fits, and is read as it was written`() throws {
        var keyset = KeysetTests.start
        for _ in 0..<8 * 3 {
            keyset = try keyset.next(
                by: Golden.a.identity, in: Golden.cluster, at: 1 << 39, grace: 1 << 39)
        }
        let keys = (0..<4).map { _ in ClusterKey.random() }
        let longest = try Keyset(
            .init(
                version: Keyset.versionLimit - 1, stage: .switched, keys: keys,
                retired: keyset.retired),
            by: Golden.a.identity, in: Golden.cluster)
        try KeyFile.create(path, Golden.key)
        _ = try KeyFile.update(path, to: longest)
        #expect(try KeyFile.readKeyset(path) == longest)
        #expect(folder.read("cluster.key").utf8.count <= 2_048)
    }

    @Test func `an older version never replaces a newer one, and learns of it`() throws {
        try KeyFile.create(path, Golden.key)
        _ = try KeyFile.update(path, to: rotated(2))
        #expect(try KeyFile.update(path, to: rotated(1)) == rotated(2))
        #expect(try KeyFile.readKeyset(path) == rotated(2))
    }

    @Test func `a link stays, and what it points to is written`() throws {
        try folder.write("real.key", Golden.keyLine)
        try #require(symlink("\(folder.path)/real.key", path) == 0)
        _ = try KeyFile.update(path, to: rotated(1))
        #expect(try KeyFile.readKeyset("\(folder.path)/real.key") == rotated(1))
        #expect(folder.names == ["cluster.key", "real.key"])
        #expect(folder.mode("real.key") == 0o600 && folder.mode("cluster.key") == 0o777)
    }

    @Test func `a group that may read the file may read what takes its place`() throws {
        try folder.write("cluster.key", Golden.keyLine, mode: 0o640)
        _ = try KeyFile.update(path, to: rotated(1))
        #expect(folder.mode("cluster.key") == 0o640)
        #expect(try KeyFile.readKeyset(path) == rotated(1))
    }

    @Test func `many who write at once leave the newest`() async throws {
        try KeyFile.create(path, Golden.key)
        let path = path
        await withTaskGroup { group in
            for round in 0..<12 {
                group.addTask { _ = try? KeyFile.update(path, to: KeysetTests.steps[round % 3]) }
            }
        }
        #expect(try KeyFile.readKeyset(path) == rotated(3))
        #expect(folder.names == ["cluster.key"])
    }

    @Test func `a file that is gone, damaged or open to others is not written`() throws {
        #expect(throws: GuardedFileError.missing(path: path)) {
            try KeyFile.update(path, to: rotated(1))
        }
        #expect(folder.names.isEmpty)
        try folder.write("cluster.key", "iridium-key-1 zz\n")
        #expect(throws: GuardedFileError.damaged(path: path, .malformed)) {
            try KeyFile.update(path, to: rotated(1))
        }
        try folder.write("cluster.key", "iridium-key-1 zz\n", mode: 0o644)
        #expect(throws: GuardedFileError.self) { try KeyFile.update(path, to: rotated(1)) }
        #expect(folder.read("cluster.key") == "iridium-key-1 zz\n")
    }

    @Test func `every character that is changed is found`() throws {
        try KeyFile.create(path, Golden.key)
        _ = try KeyFile.update(path, to: rotated(2))
        let text = Array(folder.read("cluster.key").utf8)
        for position in text.indices {
            var changed = text
            // A digit becomes another digit, so that the form stays.
            changed[position] = changed[position] == 0x30 ? 0x31 : 0x30
            guard changed != text else { continue }
            #expect(throws: FileDamage.self, "at \(position)") { try decode(changed) }
        }
        for count in 1..<text.count where text[count - 1] != 0x0A {
            // The first line is a file of its own, with its line feed or without.
            guard text[count] != 0x0A || text[..<count].contains(0x0A) else { continue }
            #expect(throws: FileDamage.self, "first \(count)") { try decode(Array(text[..<count])) }
        }
        for more in ["\n", " ", "accepted", "x"] {
            #expect(throws: FileDamage.self) { try decode(text + Array(more.utf8)) }
        }
    }

    private func decode(_ text: [UInt8]) throws(FileDamage) {
        _ = try text.withOctets { (text) throws(FileDamage) in try KeysetText.decode(text) }
    }

    @Test func `who may come back is read as it was written, and damage is found`() throws {
        let entitled: [NodeID: UInt64] = [NodeID(3): 30, NodeID(1): 10, NodeID(2): 20]
        try EntitledFile.replace("\(folder.path)/entitled", entitled)
        #expect(try EntitledFile.read("\(folder.path)/entitled") == entitled)
        #expect(folder.mode("entitled") == 0o600)
        #expect(try EntitledFile.read("\(folder.path)/none") == nil)
        let bytes = EntitledFile.encode(entitled)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1
            #expect(throws: FileDamage.self) { try EntitledFile.decode(changed) }
        }
        for count in bytes.indices {
            #expect(throws: FileDamage.self) { try EntitledFile.decode(Array(bytes[..<count])) }
        }
        #expect(try EntitledFile.decode(EntitledFile.encode([:])).isEmpty)
    }
}
