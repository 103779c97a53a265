#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A lock of the kernel (`flock`) on a file or folder. It ends with its holder, however that ends.
package final class FileLock: Sendable {
    private let descriptor: CInt

    private init(descriptor: CInt) { self.descriptor = descriptor }

    /// Unlocks before it closes. A child process that was forked just now has a copy of the
    /// descriptor until it runs another program, and would keep the lock for that time.
    deinit {
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Does work that two processes must not do at once. The lock lives at least as long.
    func during<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body()
    }
}

// MARK: For as long as a process lives

extension FileLock {
    /// The reason why the lock was not taken.
    package enum Failure: Error, Hashable, Sendable {
        /// `holder` is its process id, if it can be read.
        case held(holder: Int32?)
        case system(SystemError)
    }

    /// Takes the lock of a file, which is made if it is missing, or fails at once.
    ///
    /// The file stays after the lock has ended and contains the holder's process id. The id is for
    /// people and proves nothing.
    package static func take(_ path: String) throws(Failure) -> FileLock {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(.last) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = SystemError.last
            let holder = readHolder(descriptor)
            close(descriptor)
            throw reason.errno == EWOULDBLOCK ? .held(holder: holder) : .system(reason)
        }
        writeHolder(descriptor)
        return FileLock(descriptor: descriptor)
    }

    private static func writeHolder(_ descriptor: CInt) {
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

// MARK: For as long as one file is read and replaced

extension FileLock {
    /// Number of tries, each after a pause: the holder writes one small file.
    private static let tries = 100
    private static let pauseMicroseconds: UInt32 = 20_000

    /// Waits for the lock of the folder that contains `path`, two seconds at most. Blocks.
    ///
    /// The lock is on the folder itself, so that no file is left behind. A file that is replaced
    /// cannot carry the lock: a process that waited for it would hold the lock of the old file.
    static func waitForFolder(of path: String) throws(GuardedFileError) -> FileLock {
        let folder = GuardedFile.folder(of: path)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotWrite(path: folder, .last) }
        for attempt in 1...tries {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { break }
            let reason = SystemError.last
            guard attempt < tries, reason.errno == EWOULDBLOCK || reason.errno == EINTR else {
                close(descriptor)
                throw .cannotWrite(path: folder, reason)
            }
            usleep(pauseMicroseconds)
        }
        return FileLock(descriptor: descriptor)
    }
}
