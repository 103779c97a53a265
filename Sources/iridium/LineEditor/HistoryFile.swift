import IridiumNode
import IridiumShell
import LibC
import SystemPackage

/// The lines of earlier sessions in a file that only its owner can read (0600).
///
/// Parallel sessions share it. Each line is appended as it is typed, and a file that has grown to
/// twice the history's length is rewritten when it is next read. A file that cannot be read or
/// written costs only the history.
struct HistoryFile: Sendable {
    let path: String

    /// The most bytes that are read.
    private static let longestFile = 8 << 20

    /// All lines.
    func read() -> LineHistory {
        let bytes = try? FileDescriptor.with(path, .readOnly, .noFollow) { file throws(Errno) in
            var bytes: [UInt8] = []
            while bytes.count < Self.longestFile {
                let more = try file.readSome(atMost: 65_536)
                guard !more.isEmpty else { break }
                bytes += more
            }
            return bytes
        }
        guard let bytes else { return LineHistory() }
        let history = LineHistory(file: bytes)
        let lineEnds = bytes.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        if lineEnds > 2 * LineHistory.longest { replace(with: history) }
        return history
    }

    /// Adds a line at the end.
    func append(_ line: String) {
        try? FileDescriptor.with(
            path, .writeOnly, [.append, .create, .noFollow], permissions: .ownerReadWrite
        ) { file throws(Errno) in
            // An older file may have other permissions.
            _ = fchmod(file.rawValue, 0o600)
            try file.write(all: Array((line + "\n").utf8))
        }
    }

    /// Writes a new file next to the old one and replaces the old one with it.
    private func replace(with history: LineHistory) {
        let beside = "\(path).\(getpid())"
        do throws(Errno) {
            try FileDescriptor.with(
                beside, .writeOnly, [.create, .exclusiveCreate, .noFollow],
                permissions: .ownerReadWrite
            ) { file throws(Errno) in try file.write(all: Array(history.file.utf8)) }
            guard rename(beside, path) == 0 else { throw .last }
        } catch {
            unlink(beside)
        }
    }
}
