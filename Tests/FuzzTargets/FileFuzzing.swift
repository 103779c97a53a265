/// Files that somebody damaged: read whole and right, or refused, and never changed.
import MembershipCore
import MembershipSecurity
import MembershipWire
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

struct FileFuzzing: Sendable {
    static let shared = Mutex(FileFuzzing())

    private let path: String
    /// One of each kind as it should be.
    private let good: [Kind: [UInt8]]

    private init() {
        // In memory where there is such a place.
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/iridium-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("no temporary folder") }
        let folder = template.withUnsafeBufferPointer {
            $0.baseAddress.map { String(cString: $0) } ?? ""
        }
        let path = folder + "/file"
        self.path = path
        let kinds = Kind.allCases.map { kind in
            unlink(path)
            do { try kind.write(path) } catch { preconditionFailure("\(kind): \(error)") }
            return (kind, contents(of: path))
        }
        good = Dictionary(uniqueKeysWithValues: kinds)
        atexit { FileFuzzing.shared.withLock { $0.cleanUp() } }
    }

    private func cleanUp() {
        unlink(path)
        rmdir(String(path.dropLast("/file".count)))
    }

    /// The first byte says which file, and what of the input: a good file that is changed at the places
    /// that follow, or the bytes as they are, with or without the right beginning.
    func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let way = reader.byte()
        let kind = Kind.allCases[Int(way & 0x1F) % Kind.allCases.count]
        switch way >> 6 {
        case 0: write(Array(kind.beginning.utf8) + reader.takeRest())
        case 1: write(reader.takeRest())
        default:
            let right = good[kind] ?? []
            let damaged = damage(right, &reader)
            write(damaged)
            let isRead = kind.isRead(path)
            precondition(damaged != right || isRead)
            precondition(damaged == right || !isRead || kind.isStillGood(damaged, cutFrom: right))
            return
        }
        _ = kind.isRead(path)
    }

    /// Bytes changed, and at the very end of the input perhaps some of the file cut off.
    private func damage(_ content: [UInt8], _ reader: inout InputReader) -> [UInt8] {
        var content = content
        while !reader.isEmpty {
            let place = Int(reader.number(bytes: 2))
            if reader.isEmpty { return Array(content.prefix(place % (content.count + 1))) }
            content[place % content.count] ^= reader.byte()
        }
        return content
    }

    private func write(_ content: [UInt8]) {
        let file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
        guard file >= 0 else { preconditionFailure("cannot write \(path)") }
        defer { close(file) }
        let written = content.withUnsafeBytes { writeBytes(file, $0.baseAddress, $0.count) }
        precondition(written == content.count)
    }
}

private enum Kind: CaseIterable {
    case key, keyset, identity, incarnation, entitled, members

    var beginning: String {
        switch self {
        case .key, .keyset: "iridium-key-1 "
        case .identity: "iridium-identity-1 "
        case .incarnation: "iridium-incarnation-2 "
        case .entitled: "iridium-entitled-1\n"
        case .members: "iridium-members-1\n"
        }
    }

    /// What is another good file by its format (Specs/Wire.md, section 9): the line feed after a key or
    /// an identity may be missing, the first line of a keyset is a key that was never rotated, and an
    /// incarnation of the first version has no check.
    func isStillGood(_ content: [UInt8], cutFrom whole: [UInt8]) -> Bool {
        let lineFeed = UInt8(ascii: "\n")
        let firstLine = Array(whole.prefix { $0 != lineFeed })
        return switch self {
        case .key, .keyset, .identity: content == firstLine || content == firstLine + [lineFeed]
        case .incarnation: content.starts(with: "iridium-incarnation-1 ".utf8)
        case .entitled, .members: false
        }
    }

    /// One as it should be.
    func write(_ path: String) throws {
        let identity = NodeIdentity.random()
        switch self {
        case .key: try KeyFile.create(path, .random())
        case .keyset:
            let cluster = ClusterID(Octets16(repeating: 1))
            var keyset = try KeyFile.readOrCreate(path).keyset
            // Once around and half again: one key accepted, one retired.
            for _ in 0..<4 {
                keyset = try keyset.next(by: identity, in: cluster, at: 1_800_000_000, grace: 600)
            }
            _ = try KeyFile.update(path, to: keyset)
        case .identity: try IdentityFile.create(path, identity)
        case .incarnation: try IncarnationFile.replace(path, .first)
        case .entitled: try EntitledFile.replace(path, [NodeID(1): 5, NodeID(2): 6])
        case .members:
            var nothing = InputReader([])
            let records = (1...3).compactMap { FuzzedPlayer(number: $0)?.full(&nothing) }
            let items = records.map { Item.full($0) }
            try MemberFile.replace(path, MemberFile.encode([items], total: items.count))
        }
    }

    /// Whether the file counts, as somebody who needs it would see.
    func isRead(_ path: String) -> Bool {
        switch self {
        case .key:
            guard let key = try? KeyFile.read(path) else { return false }
            precondition(key.fingerprint.utf8.count == 8)
        case .keyset:
            guard let keyset = try? KeyFile.readKeyset(path) else { return false }
            var message = keyset.makeMessage().withBytes { Array($0) }
            let again = try? Keyset.decode(wiping: &message)
            precondition(keyset.version == 0 || again == keyset)
        case .identity:
            guard let identity = try? IdentityFile.read(path) else { return false }
            precondition(identity.nodeID == NodeID(of: identity.publicKey))
        case .incarnation:
            guard let incarnation = try? IncarnationFile.read(path) else { return false }
            precondition(incarnation.number < Incarnation.limit)
            let old = Array("iridium-incarnation-1 \(incarnation.number)\n".utf8)
            precondition([old, IncarnationFile.encode(incarnation)].contains(contents(of: path)))
        case .entitled: return (try? EntitledFile.read(path)) != nil
        case .members: return (try? MemberFile.read(path)) != nil
        }
        return true
    }
}

private func contents(of path: String) -> [UInt8] {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
    precondition(count > 0 && count < bytes.count, "cannot read \(path)")
    return Array(bytes.prefix(count))
}

/// The system's, whose name the method above takes.
private func writeBytes(_ file: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    guard let start, count > 0 else { return 0 }
    return write(file, start, count)
}
