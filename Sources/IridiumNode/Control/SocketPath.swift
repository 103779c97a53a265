import SystemPackage

/// The way to a socket whose path is longer than the kernel takes for a socket.
///
/// The limit is that of one system call, not of the file system: where an open directory has a short
/// name (`/proc/self/fd/7` on Linux), the socket has one too. Elsewhere a long path stays too long.
/// The short name is good for as long as this value lives, and for this process only.
struct SocketPath: ~Copyable {
    /// The kernel's limit for a path, its terminating zero not counted; 104 on some systems.
    static let longest = 103

    /// What to give to the kernel.
    let text: String
    private let directory: FileDescriptor?

    /// Fails with ENAMETOOLONG where there is no short way, or as opening the directory does.
    init(_ path: String) throws(Errno) {
        guard path.utf8.count > Self.longest else {
            (text, directory) = (path, nil)
            return
        }
        #if os(Linux)
            guard let slash = path.lastIndex(of: "/") else {
                throw Errno.fileNameTooLong
            }
            let opened = try FileDescriptor.opened(
                String(path[..<slash]), .readOnly, .directory)
            let short = "/proc/self/fd/\(opened.rawValue)\(path[slash...])"
            guard short.utf8.count <= Self.longest else {
                try? opened.close()
                throw Errno.fileNameTooLong
            }
            (text, directory) = (short, opened)
        #else
            throw Errno.fileNameTooLong
        #endif
    }

    deinit { try? directory?.close() }
}
