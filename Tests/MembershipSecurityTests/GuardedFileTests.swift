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

struct KeyFileTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.path + "/cluster.key" }

    @Test func `a key is written as one line that only its owner can read`() throws {
        try KeyFile.create(path, Golden.key)
        #expect(folder.read("cluster.key") == Golden.keyLine)
        #expect(folder.mode("cluster.key") == 0o600)
        #expect(folder.names == ["cluster.key"])
        #expect(try KeyFile.read(path) == Golden.key)
    }

    @Test func `an identity is written as one line that says whose it is`() throws {
        try IdentityFile.create(path, Golden.a.identity)
        #expect(folder.read("cluster.key") == Golden.identityLine)
        #expect(try IdentityFile.read(path).nodeID == Golden.a.identity.nodeID)
        let (identity, isNew) = try IdentityFile.readOrCreate(path)
        #expect(!isNew && identity.publicKey == Golden.a.identity.publicKey)
    }

    @Test func `a file that others could read is replaced by one that they cannot`() throws {
        try folder.write("open", Golden.keyLine, mode: 0o666)
        try KeyFile.replace(folder.path + "/open", Golden.key)
        #expect(folder.mode("open") == 0o600)
    }

    // The umask and the standard input belong to a process, so these tests have one of their own.

    @Test func `a new file is 0600 whatever the umask`() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            umask(0o777)
            try KeyFile.create(folder.path + "/strict", Golden.key)
            umask(0)
            try KeyFile.create(folder.path + "/loose", Golden.key)
            #expect(folder.mode("strict") == 0o600)
            #expect(folder.mode("loose") == 0o600)
        }
    }

    @Test func `a key can come from the standard input`() async {
        await #expect(processExitsWith: .success) {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            var line = Array(Golden.keyLine.utf8)
            try #require(write(ends[1], &line, line.count) == line.count)
            close(ends[1])
            try #require(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO)
            #expect(try KeyFile.read("-") == Golden.key)
            #expect(throws: GuardedFileError.damaged(path: "-", .empty)) { try KeyFile.read("-") }
        }
    }

    @Test func `creating does not replace, replacing does`() throws {
        try KeyFile.create(path, Golden.key)
        let other = ClusterKey.random()
        #expect(throws: GuardedFileError.exists(path: path)) { try KeyFile.create(path, other) }
        #expect(try KeyFile.read(path) == Golden.key)
        try KeyFile.replace(path, other)
        #expect(try KeyFile.read(path) == other)
        #expect(folder.names == ["cluster.key"])
    }

    @Test func `a missing key is made once and then found`() throws {
        #expect(throws: GuardedFileError.missing(path: path)) { try KeyFile.read(path) }
        let (first, isNew) = try KeyFile.readOrCreate(path)
        #expect(isNew)
        let (second, isNewAgain) = try KeyFile.readOrCreate(path)
        #expect(!isNewAgain && first == second)
    }

    @Test func `all who create the same key file at the same time get one key`() async {
        for round in 0..<20 {
            let path = folder.path + "/race-\(round)"
            let keys = await withTaskGroup(of: (String, Bool)?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        guard let (key, isNew) = try? KeyFile.readOrCreate(path) else { return nil }
                        return (key.keyring.primary.fingerprint, isNew)
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(!keys.contains { $0 == nil })
            #expect(Set(keys.compactMap { $0?.0 }).count == 1)
            #expect(keys.count { $0?.1 == true } == 1)
        }
        #expect(folder.names.allSatisfy { !$0.hasSuffix(".tmp") })
    }

    @Test(arguments: [0o600, 0o400, 0o640, 0o440] as [UInt16])
    func `a file that its owner and perhaps its group can read is read`(mode: UInt16) throws {
        try folder.write("cluster.key", Golden.keyLine, mode: mode)
        #expect(try KeyFile.read(path) == Golden.key)
    }

    @Test(
        arguments: [
            (0o644, .readableByAll), (0o604, .readableByAll), (0o602, .writableByAll),
            (0o666, .writableByAll), (0o620, .writableByGroup), (0o660, .writableByGroup),
        ] as [(UInt16, FileExposure)])
    func `a file that others can read or change is refused with its mode`(
        mode: UInt16, exposure: FileExposure
    ) throws {
        try folder.write("cluster.key", Golden.keyLine, mode: mode)
        #expect(throws: GuardedFileError.exposed(path: path, mode: mode, exposure)) {
            try KeyFile.read(path)
        }
        #expect(throws: GuardedFileError.exposed(path: path, mode: mode, exposure)) {
            try KeyFile.readOrCreate(path)
        }
        #expect(folder.read("cluster.key") == Golden.keyLine)
    }

    @Test func `a line feed at the end may be missing`() throws {
        try folder.write("cluster.key", String(Golden.keyLine.dropLast()))
        #expect(try KeyFile.read(path) == Golden.key)
    }

    static let damaged: [DamagedFile] = [
        DamagedFile("", .empty),
        DamagedFile("\n", .otherKind(expected: "iridium-key")),
        DamagedFile(Golden.identityLine, .otherKind(expected: "iridium-key")),
        DamagedFile("iridium-key-2" + Golden.keyLine.dropFirst(13), .otherVersion(expected: "1")),
        DamagedFile("iridium-key-11" + Golden.keyLine.dropFirst(13), .otherVersion(expected: "1")),
        DamagedFile(String(Golden.keyLine.dropLast(10)), .malformed),
        DamagedFile(String(Golden.keyLine.dropLast(2)), .malformed),
        DamagedFile(Golden.keyLine + "\n", .malformed),
        DamagedFile(Golden.keyLine + " ", .malformed),
        DamagedFile(Golden.keyLine.uppercasedDigits, .malformed),
        DamagedFile(Golden.keyLine.replacingFirst("00010203", "0001020x"), .malformed),
        DamagedFile(Golden.keyLine.replacingFirst("00010203", "000102 3"), .malformed),
        DamagedFile(Golden.keyLine.replacingFirst("00010203", "00010204"), .checkMismatch),
        DamagedFile(Golden.keyLine.replacingFirst("41aea782", "41aea783"), .checkMismatch),
        DamagedFile(Golden.keyLine.replacingFirst("\n", "\r\n"), .malformed),
        DamagedFile(Golden.keyLine + Golden.keyLine + Golden.keyLine, .malformed),
        DamagedFile(String(repeating: Golden.keyLine, count: 26), .tooLong),
        DamagedFile(String(repeating: "x", count: 100_000), .tooLong),
    ]

    @Test(arguments: damaged)
    func `a damaged file is reported and never replaced`(file: DamagedFile) throws {
        let (content, damage) = (file.content, file.damage)
        try folder.write("cluster.key", content)
        #expect(throws: GuardedFileError.damaged(path: path, damage)) { try KeyFile.read(path) }
        #expect(throws: GuardedFileError.damaged(path: path, damage)) {
            try KeyFile.readOrCreate(path)
        }
        #expect(folder.read("cluster.key") == content)
    }

    @Test func `a changed character anywhere in a key file is noticed`() throws {
        let line = Array(Golden.keyLine.utf8.dropLast())
        for index in line.indices {
            for change in [1, 2, 4] as [UInt8] {
                var changed = line
                changed[index] ^= change
                try folder.write("changed", String(decoding: changed, as: UTF8.self))
                #expect(throws: GuardedFileError.self, "character \(index)") {
                    try KeyFile.read(folder.path + "/changed")
                }
            }
        }
    }

    @Test func `folders, pipes and devices are no key files`() throws {
        #expect(throws: GuardedFileError.notAFile(path: folder.path)) {
            try KeyFile.read(folder.path)
        }
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: GuardedFileError.notAFile(path: path)) { try KeyFile.read(path) }
        #expect(throws: GuardedFileError.notAFile(path: "/dev/null")) {
            try KeyFile.read("/dev/null")
        }
    }

    @Test func `a link of our own is followed and its target is checked`() throws {
        try folder.write("target", Golden.keyLine)
        try #require(symlink(folder.path + "/target", path) == 0)
        #expect(try KeyFile.read(path) == Golden.key)
        try folder.write("target", Golden.keyLine, mode: 0o644)
        #expect(throws: GuardedFileError.exposed(path: path, mode: 0o644, .readableByAll)) {
            try KeyFile.read(path)
        }
    }

    @Test func `creating does not write through a link`() throws {
        try #require(symlink(folder.path + "/elsewhere", path) == 0)
        #expect(throws: GuardedFileError.exists(path: path)) {
            try KeyFile.create(path, Golden.key)
        }
        #expect(folder.names == ["cluster.key"])
    }

    @Test func `files of others are foreign unless we are root`() {
        let file = FileFacts(owner: 1_001, group: 100, mode: 0o600)
        #expect(file.isOwned(by: 1_001))
        #expect(!file.isOwned(by: 1_002))
        #expect(file.isOwned(by: 0))
        #expect(FileFacts(owner: 0, group: 0, mode: 0o640).isOwned(by: 1_002))
    }

    @Test func `a file that cannot be written says which folder and why`() {
        let folder = self.folder.path + "/none"
        #expect(throws: GuardedFileError.cannotWrite(path: folder, SystemError(errno: ENOENT))) {
            try KeyFile.create(folder + "/cluster.key", Golden.key)
        }
        #expect(SystemError(errno: EACCES).description == "permission denied")
    }

    @Test func `a file that may not be read says whose it is`() throws {
        // Root may read everything, so the refusal is provoked by something that is no file.
        let socketPath = folder.path + "/socket"
        try folder.makeSocket("socket")
        let facts = FileFacts(owner: geteuid(), group: getegid(), mode: 0o600)
        #expect(
            throws: GuardedFileError.cannotRead(
                path: socketPath, SystemError(errno: ENXIO), facts: facts, user: geteuid())
        ) { try KeyFile.read(socketPath) }
    }
}

struct DamagedFile: Sendable, CustomTestStringConvertible {
    let content: String
    let damage: FileDamage

    init(_ content: String, _ damage: FileDamage) {
        self.content = content
        self.damage = damage
    }

    var testDescription: String { "\(content.utf8.count) bytes, \(damage)" }
}

extension String {
    fileprivate var uppercasedDigits: String { prefix(14) + dropFirst(14).uppercased() }

    fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
        let (text, old) = (Array(utf8), Array(old.utf8))
        for start in 0...text.count - old.count where Array(text[start..<start + old.count]) == old
        {
            let bytes = text[..<start] + new.utf8 + text[(start + old.count)...]
            return String(decoding: bytes, as: UTF8.self)
        }
        return self
    }
}
