/// Keeps others who ask for it out of a folder, for as long as one file in it is read and replaced.
///
/// A lock of the kernel on the folder itself (`flock`), so that no file is left behind. A replaced
/// file cannot carry the lock: who waited for it would hold the one that is gone.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

struct FolderLock: ~Copyable {
    private let descriptor: CInt

    /// Tries this often, this long apart: whoever holds the lock writes one small file.
    private static let tries = 100
    private static let pauseMicroseconds: UInt32 = 20_000

    /// Waits for the lock of the folder that `path` is in, two seconds at most. Blocks.
    init(of path: String) throws(SecretFileError) {
        let folder = SecretFile.folder(of: path)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotWrite(path: folder, .last) }
        for attempt in 1...Self.tries {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { break }
            let reason = SystemError.last
            guard attempt < Self.tries, reason.number == EWOULDBLOCK || reason.number == EINTR
            else {
                close(descriptor)
                throw .cannotWrite(path: folder, reason)
            }
            usleep(Self.pauseMicroseconds)
        }
        self.descriptor = descriptor
    }

    /// Unlocks before it closes: a child that was forked just now has a copy of the descriptor.
    deinit {
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Does something that must not be done by two at once. The lock lives at least as long.
    borrowing func during<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R { try body() }
}
