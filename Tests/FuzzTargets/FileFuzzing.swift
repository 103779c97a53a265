/// Files that somebody damaged: read whole and right, or refused, and never changed.
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

    private init() {
        // In memory where there is such a place.
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/iridium-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("no temporary folder") }
        let folder = template.withUnsafeBufferPointer {
            $0.baseAddress.map { String(cString: $0) } ?? ""
        }
        path = folder + "/file"
    }

    /// The first byte says which file it should be; its second half whether the right beginning stands
    /// before the bytes.
    func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let way = reader.byte()
        let kinds = ["iridium-key", "iridium-identity", "iridium-incarnation"]
        let kind = kinds[Int(way % 3)]
        let beginning = way & 0x80 == 0 ? Array("\(kind)-1 ".utf8) : []
        write(beginning + reader.takeRest())
        defer { unlink(path) }
        switch way % 3 {
        case 0:
            guard let key = try? KeyFile.read(path) else { return }
            precondition(key.fingerprint.utf8.count == 8)
        case 1:
            guard let identity = try? IdentityFile.read(path) else { return }
            precondition(identity.nodeID == NodeID(of: identity.publicKey))
        default:
            guard let incarnation = try? IncarnationFile.read(path) else { return }
            precondition(incarnation.number < Incarnation.limit)
        }
    }

    private func write(_ content: [UInt8]) {
        let file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
        guard file >= 0 else { preconditionFailure("cannot write \(path)") }
        defer { close(file) }
        let written = content.withUnsafeBytes { writeBytes(file, $0.baseAddress, $0.count) }
        precondition(written == content.count)
    }
}

/// The system's, whose name the method above takes.
private func writeBytes(_ file: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    guard let start, count > 0 else { return 0 }
    return write(file, start, count)
}
