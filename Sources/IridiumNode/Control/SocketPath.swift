import SystemPackage

/// A usable path to a socket whose own path is too long for the kernel.
///
/// The limit belongs to one system call, not to the file system. If an open directory has a short
/// name (`/proc/self/fd/7` on Linux), so has the socket. Elsewhere a long path stays too long. The
/// short name is valid only while this value lives, and only in this process.
struct SocketPath: ~Copyable {
    /// The kernel's limit for a path, its terminating zero not counted; 104 on some systems.
    static let longest = 103

    /// The path for the kernel.
    let text: String
    private let directory: FileDescriptor?

    /// Fails with ENAMETOOLONG if there is no short path, or with the error of opening the
    /// directory.
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

    /// The name of the node that has its socket there: `n1` for `…/run/n1.sock`.
    static func nodeName(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.hasSuffix(".sock") ? String(file.dropLast(5)) : file
    }

    deinit { try? directory?.close() }
}
