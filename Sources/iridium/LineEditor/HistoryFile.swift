import IridiumShell

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The lines of earlier sessions in a file that only its owner can read (0600).
///
/// Sessions side by side share it: each line is appended as it is typed, and a file that has grown
/// to twice the history's length is written anew when it is next read. A file that cannot be read
/// or written costs the history, nothing else.
struct HistoryFile: Sendable {
    let path: String

    /// More than that is not read.
    private static let longestFile = 8 << 20

    /// All lines.
    func read() -> LineHistory {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return LineHistory() }
        defer { closeFile(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < Self.longestFile, let more = Descriptor.readSome(descriptor),
            !more.isEmpty
        {
            bytes += more
        }
        let history = LineHistory(file: bytes)
        let lineEnds = bytes.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        if lineEnds > 2 * LineHistory.longest { replace(with: history) }
        return history
    }

    /// Adds a line at the end.
    func append(_ line: String) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { closeFile(descriptor) }
        // An older file may have other permissions.
        _ = fchmod(descriptor, 0o600)
        _ = Descriptor.write(Array((line + "\n").utf8), to: descriptor)
    }

    /// Writes a new file beside the old one and puts it in its place.
    private func replace(with history: LineHistory) {
        let beside = "\(path).\(getpid())"
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        let isWritten = Descriptor.write(Array(history.file.utf8), to: descriptor)
        closeFile(descriptor)
        if !isWritten || rename(beside, path) != 0 { unlink(beside) }
    }

    private func closeFile(_ descriptor: Int32) { _ = close(descriptor) }
}
