#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Keeps a node's directory to one running node.
///
/// A lock of the kernel (`flock`), so that it is gone the moment the process is, however that ends.
/// The file itself stays and tells who holds it; its content is for people and proves nothing.
final class DirectoryLock: Sendable {
    private let descriptor: CInt

    /// Why the lock was not taken.
    enum Failure: Error {
        /// `holder` is its process id, where it can be read.
        case held(holder: Int32?)
        case system(errno: Int32)
    }

    /// Takes the lock or fails at once; it is held until the last reference is gone.
    init(path: String) throws(Failure) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = Self.readHolder(descriptor)
            close(descriptor)
            throw reason == EWOULDBLOCK ? .held(holder: holder) : .system(errno: reason)
        }
        self.descriptor = descriptor
        writeHolder()
    }

    /// Unlocks before it closes: a child process that was forked just now has a copy of the descriptor
    /// until it runs its own program, and the lock would live as long as that.
    deinit {
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private func writeHolder() {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    private static func readHolder(_ descriptor: CInt) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        let digits = bytes.prefix(count).prefix { (48...57).contains($0) }
        return Int32(String(decoding: digits, as: UTF8.self))
    }
}
