import MembershipWire
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file of seeds: one address a line.
package enum SeedFile {
    /// A longer file is refused.
    package static let longest = 1 << 20
    private static let secretHeads = ["iridium-key", "iridium-identity"]

    /// Reads it on a thread that may wait for a disk.
    static func read(_ path: String) async throws -> [HostAndPort] {
        let result = try? await NIOThreadPool.singleton.runIfActive {
            Result { () throws(SeedLookupFailure) in try parse(bytes(of: path)) }
        }
        guard let result else { throw SeedLookupFailure.unreadable(reason: "the node stops") }
        return try result.get()
    }

    /// The seeds of a file's content. Blank lines and lines that begin with # are skipped; the text
    /// after the first word of a line is a comment.
    static func parse(_ bytes: [UInt8]) throws(SeedLookupFailure) -> [HostAndPort] {
        var seeds: [HostAndPort] = []
        let lines = ByteOrderMark.dropped(from: bytes).split(omittingEmptySubsequences: false) {
            $0 == 0x0A || $0 == 0x0D
        }
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == 0x20 || $0 == 0x09 }
            guard !words.contains(where: isSecret) else { throw .holdsSecret }
            guard let first = words.first else { continue }
            let word = String(decoding: first, as: UTF8.self)
            guard first.first != UInt8(ascii: "#") else { continue }
            guard let seed = try? HostAndPort(parsing: word) else {
                throw .malformedLine(number: index + 1)
            }
            seeds.append(seed)
        }
        return seeds
    }

    /// A key, or the head of a file that holds one: it must be neither shown nor looked up as a name.
    private static func isSecret(_ word: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: word, as: UTF8.self)
        return secretHeads.contains(where: text.contains)
            || (word.count >= 64 && text.allSatisfy(\.isHexDigit))
    }

    /// Accepts only a regular file: a pipe or a device would block or never end.
    private static func bytes(of path: String) throws(SeedLookupFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(reason: systemText(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(reason: systemText(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(reason: "it is not a regular file")
        }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while content.count <= longest {
            let count = readSome(descriptor, &chunk)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(reason: systemText(errno)) }
            guard count > 0 else { return content }
            content += chunk[..<count]
        }
        throw .unreadable(reason: "it is longer than \(longest) bytes")
    }

    private static func readSome(_ descriptor: CInt, _ bytes: inout [UInt8]) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, &bytes, bytes.count)
        #elseif canImport(Musl)
            Musl.read(descriptor, &bytes, bytes.count)
        #else
            Glibc.read(descriptor, &bytes, bytes.count)
        #endif
    }
}
