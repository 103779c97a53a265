import MembershipWire
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// SRV records (RFC 2782): hosts and ports of a service under one name.
///
/// The system's resolver does the lookup, with its own servers, retries and search rules, on a
/// thread that may wait. The answer is a message of a name server (RFC 1035, section 4). It is read
/// here with a bound on everything: a lying server costs an error.
enum ServiceRecords {
    /// One record; the lowest priority is tried first, but all are seeds.
    struct Record: Hashable, Sendable {
        let priority: UInt16
        let target: HostAndPort
    }

    private static let longestAnswer = 16_384
    private static let mostRecords = 256

    /// The targets of all records, by priority.
    static func seeds(of name: String) async throws -> [HostAndPort] {
        let answer = try? await NIOThreadPool.singleton.runIfActive { query(name) }
        guard let bytes = answer ?? nil, let records = read(bytes), !records.isEmpty else {
            throw SeedLookupFailure.noRecords(host: name)
        }
        return records.sorted { $0.priority < $1.priority }.map(\.target)
    }

    // MARK: Asking

    private typealias Query =
        @convention(c) (
            UnsafePointer<CChar>, CInt, CInt, UnsafeMutablePointer<UInt8>, CInt
        ) -> CInt

    /// `res_query` of the C library. Swift's modules for that library omit the resolver, so the
    /// function is looked up by name.
    private static let query: Query? = {
        #if canImport(Darwin)
            let symbol = dlopen("libresolv.dylib", RTLD_LAZY).flatMap { dlsym($0, "res_9_query") }
        #else
            let symbol =
                dlsym(nil, "res_query")
                ?? dlopen("libresolv.so.2", RTLD_LAZY).flatMap { dlsym($0, "res_query") }
        #endif
        return symbol.map { unsafeBitCast($0, to: Query.self) }
    }()

    /// Blocks for seconds if no server answers.
    private static func query(_ name: String) -> [UInt8]? {
        guard let query, !name.isEmpty, !name.utf8.contains(0) else { return nil }
        var answer = [UInt8](repeating: 0, count: longestAnswer)
        let (internet, service): (CInt, CInt) = (1, 33)
        let count = query(name, internet, service, &answer, CInt(answer.count))
        guard count > 0, Int(count) <= answer.count else { return nil }
        return Array(answer[..<Int(count)])
    }

    // MARK: Reading

    /// The SRV records among the answers of a message; nil if the message is invalid.
    static func read(_ message: [UInt8]) -> [Record]? {
        var reader = DNSMessage(bytes: message)
        guard reader.skip(4), let questions = reader.number(), let answers = reader.number(),
            reader.skip(4)
        else { return nil }
        for _ in 0..<questions {
            guard reader.name() != nil, reader.skip(4) else { return nil }
        }
        var records: [Record] = []
        for _ in 0..<min(Int(answers), mostRecords) {
            guard reader.name() != nil, let type = reader.number(), let family = reader.number(),
                reader.skip(4), let length = reader.number()
            else { return nil }
            let end = reader.position + Int(length)
            if type == 33, family == 1 {
                guard let priority = reader.number(), reader.skip(2), let port = reader.number(),
                    let name = reader.name()
                else { return nil }
                // The root as the only target means that there is no such service.
                if port > 0, let host = host(name) {
                    records.append(
                        Record(priority: priority, target: HostAndPort(host: host, port: port)))
                }
                guard reader.position == end else { return nil }
            }
            guard reader.move(to: end) else { return nil }
        }
        return records
    }

    /// A name that is safe to look up and to show: letters, digits, dash and underscore between
    /// dots.
    private static func host(_ labels: [[UInt8]]) -> String? {
        guard !labels.isEmpty else { return nil }
        let isPlain = labels.joined().allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain else { return nil }
        return labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
    }
}

/// Reads a message of a name server. Every step may find that it ends too early.
private struct DNSMessage {
    let bytes: [UInt8]
    var position = 0

    mutating func skip(_ count: Int) -> Bool { move(to: position + count) }

    mutating func move(to place: Int) -> Bool {
        guard place >= position, place <= bytes.count else { return false }
        position = place
        return true
    }

    mutating func number() -> UInt16? {
        guard position + 2 <= bytes.count else { return nil }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    /// The labels of a name, which may end in a pointer to an earlier one; at most 255 bytes and 16
    /// pointers.
    mutating func name() -> [[UInt8]]? {
        var labels: [[UInt8]] = []
        var (place, length, pointers) = (position, 0, 0)
        while place < bytes.count {
            let size = Int(bytes[place])
            switch size {
            case 0:
                if pointers == 0 { position = place + 1 }
                return labels
            case 1...63:
                guard place + 1 + size <= bytes.count else { return nil }
                length += size + 1
                guard length < 255 else { return nil }
                labels.append(Array(bytes[(place + 1)..<(place + 1 + size)]))
                place += 1 + size
            case 192...:
                guard place + 1 < bytes.count, pointers < 16 else { return nil }
                if pointers == 0 { position = place + 2 }
                pointers += 1
                place = (size & 63) << 8 | Int(bytes[place + 1])
            default: return nil
            }
        }
        return nil
    }
}
