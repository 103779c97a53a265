#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The few system calls that files, directories and processes need, each with its errno kept.
package enum SystemCall {
    /// A call that failed.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What the kernel said.
        package let errno: Int32
        /// In our words, where the system's would not do.
        private let words: String?

        /// In the system's words, in lower case: "permission denied".
        package var description: String { words ?? SystemCall.text(of: errno) }

        package init(errno: Int32, words: String? = nil) {
            self.errno = errno
            self.words = words
        }
    }

    /// The system's text for an errno, the first letter in lower case.
    package static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let text = string(buffer)
        guard let first = text.first else { return "error \(code)" }
        return first.lowercased() + text.dropFirst()
    }

    /// Up to the first zero byte.
    package static func string(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package static var userID: UInt32 { geteuid() }
    /// Processors that are online.
    package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
    package static var processID: Int32 { getpid() }

    /// An environment variable that is set to something.
    package static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The whole file. Fails with EFBIG above `limit` bytes.
    package static func read(
        _ path: String, limit: Int = 64 << 20
    ) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        defer { close(descriptor) }
        return try readToEnd(descriptor, limit: limit)
    }

    /// All that comes from an open descriptor. Fails with EFBIG above `limit` bytes.
    package static func readToEnd(_ descriptor: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = try readSome(descriptor, into: &chunk)
            guard count > 0 else { return content }
            guard content.count + count <= limit else { throw Failure(errno: EFBIG) }
            content += chunk[..<count]
        }
    }

    /// What one call brings, at most as much as `bytes` holds; 0 at the end.
    private static func readSome(
        _ descriptor: Int32, into bytes: inout [UInt8]
    ) throws(Failure) -> Int {
        while true {
            #if canImport(Darwin)
                let count = Darwin.read(descriptor, &bytes, bytes.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, &bytes, bytes.count)
            #else
                let count = Glibc.read(descriptor, &bytes, bytes.count)
            #endif
            if count >= 0 { return count }
            guard errno == EINTR else { throw Failure(errno: errno) }
        }
    }

    /// Writes all bytes to an open descriptor, whatever number of calls it takes.
    package static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) throws(Failure)
    {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { buffer in
                #if canImport(Darwin)
                    Darwin.write(descriptor, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                    Musl.write(descriptor, buffer.baseAddress, buffer.count)
                #else
                    Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Replaces `path` by a file of this content, mode 0600 unless said otherwise, in one step.
    package static func replace(
        _ path: String, with content: some Collection<UInt8>, mode: UInt16 = 0o600
    ) throws(Failure) {
        let temporary = "\(path).\(processID).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        do throws(Failure) {
            defer { close(descriptor) }
            try write(content, to: descriptor)
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let failure = Failure(errno: errno)
            unlink(temporary)
            throw failure
        }
    }

    /// Makes a directory and those above it, mode 0700; one that exists is left as it is.
    package static func makeDirectory(_ path: String) throws(Failure) {
        if mkdir(path, 0o700) == 0 { return }
        switch errno {
        case EEXIST:
            guard isDirectory(path) else { throw Failure(errno: ENOTDIR) }
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                throw Failure(errno: ENOENT)
            }
            try makeDirectory(String(path[..<slash]))
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure(errno: errno) }
        default:
            throw Failure(errno: errno)
        }
    }

    /// The first bytes of a file, at most `count`.
    package static func beginning(of path: String, count: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try readSome(descriptor, into: &bytes)
        return Array(bytes.prefix(got))
    }

    /// Writes into what is there already: a device, a pipe.
    package static func write(
        _ bytes: some Collection<UInt8>, into path: String
    ) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        defer { close(descriptor) }
        try write(bytes, to: descriptor)
    }

    /// Whether it is there and is neither a file with content of its own nor a directory.
    package static func isDeviceOrPipe(_ path: String) -> Bool {
        status(of: path).map { ![S_IFREG, S_IFDIR].contains($0.st_mode & S_IFMT) } ?? false
    }

    package static func isDirectory(_ path: String) -> Bool {
        status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// Whether anything is there, of whatever kind.
    package static func exists(_ path: String) -> Bool { status(of: path) != nil }

    package static func isWritable(_ path: String) throws(Failure) {
        guard access(path, W_OK | X_OK) == 0 else { throw Failure(errno: errno) }
    }

    private static func status(of path: String) -> stat? {
        var result = stat()
        return stat(path, &result) == 0 ? result : nil
    }

    /// The names in a directory, in byte order, without `.` and `..`; at most `limit`.
    package static func list(_ path: String, limit: Int = 65_536) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while names.count < limit, let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Removes a file; one that is not there is fine.
    package static func remove(_ path: String) { unlink(path) }

    /// Where a symbolic link points to.
    package static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, bytes.count) }
                ?? -1
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}

extension SystemCall {
    package static var addressInUse: Int32 { EADDRINUSE }
    package static var tooManyOpenFiles: Int32 { EMFILE }
    package static var fileTooLarge: Int32 { EFBIG }
    package static var timedOut: Int32 { ETIMEDOUT }
    package static var addressNotAvailable: Int32 { EADDRNOTAVAIL }
    package static var permissionDenied: Int32 { EACCES }
    package static var noSuchFile: Int32 { ENOENT }

    /// Who owns a path, and its permission bits.
    package static func ownership(of path: String) -> (owner: UInt32, mode: UInt16)? {
        status(of: path).map { ($0.st_uid, UInt16($0.st_mode & 0o7777)) }
    }

    /// Whether so many more files can be opened, found out by doing so.
    package static func canOpen(_ count: Int) -> Bool {
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        for _ in 0..<count {
            let copy = open("/", O_RDONLY | O_CLOEXEC)
            guard copy >= 0 else { return errno != EMFILE }
            copies.append(copy)
        }
        return true
    }

    /// How many files this process may have open, and how many it has (0 where unknown).
    package static var openFiles: (open: Int, limit: Int) {
        var limit = rlimit()
        #if canImport(Glibc)
            let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let result = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        let most = result == 0 ? Int(clamping: limit.rlim_cur) : 0
        return (list("/proc/self/fd").count, most)
    }
}

extension SystemCall {
    /// SOCK_STREAM and SOCK_DGRAM, which each C library types in its own way.
    #if canImport(Glibc)
        package static var streamSocket: Int32 { Int32(SOCK_STREAM.rawValue) }
        package static var datagramSocket: Int32 { Int32(SOCK_DGRAM.rawValue) }
    #else
        package static var streamSocket: Int32 { SOCK_STREAM }
        package static var datagramSocket: Int32 { SOCK_DGRAM }
    #endif

    /// Waits until the descriptor is ready; false when the time is up.
    static func poll(_ descriptor: inout pollfd, milliseconds: Int32) -> Bool {
        #if canImport(Darwin)
            Darwin.poll(&descriptor, 1, milliseconds) > 0
        #elseif canImport(Musl)
            Musl.poll(&descriptor, 1, milliseconds) > 0
        #else
            Glibc.poll(&descriptor, 1, milliseconds) > 0
        #endif
    }
}

extension SystemCall.Failure {
    /// Whether a file could not even be opened.
    var isAboutOpening: Bool { errno != EFBIG && errno != EIO && errno != EISDIR }
}
