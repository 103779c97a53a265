import LibC
package import SystemPackage

/// Calls on files, directories and processes that swift-system does not have.
package enum SystemCall {
    package static var userID: UInt32 { geteuid() }

    /// The name of a user on this machine; nil if the system has no name for it.
    package static func userName(of user: UInt32) -> String? {
        withPasswordEntry(of: user) { String(cString: $0.pw_name) }
    }

    /// The home directory of this user in the user database; nil if there is none, or it is `/`,
    /// which accounts without a home have.
    static var homeDirectory: String? {
        let home = withPasswordEntry(of: userID) { String(cString: $0.pw_dir) }
        return home.flatMap { $0.isEmpty || $0 == "/" ? nil : $0 }
    }

    /// The id of a group on this machine; nil if the system has no such group.
    package static func groupID(named name: String) -> UInt32? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var text = [CChar](repeating: 0, count: 65_536)
        guard getgrnam_r(name, &entry, &text, text.count, &found) == 0, found != nil else {
            return nil
        }
        return entry.gr_gid
    }

    /// Whether this process is in the group.
    static func isMember(of group: UInt32) -> Bool {
        if getegid() == group { return true }
        var groups = [gid_t](repeating: 0, count: max(1, Int(getgroups(0, nil))))
        let count = Int(getgroups(Int32(groups.count), &groups))
        return count > 0 && groups.prefix(count).contains(group)
    }

    /// Gives a file or a directory to a group, and then sets its mode.
    static func give(_ path: String, to group: UInt32, mode: UInt16) throws(Errno) {
        guard chown(path, uid_t.max, group) == 0, chmod(path, mode_t(mode)) == 0 else {
            throw .last
        }
    }

    private static func withPasswordEntry<Value>(
        of user: UInt32, _ body: (passwd) -> Value
    ) -> Value? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var text = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(user, &entry, &text, text.count, &found) == 0, found != nil else {
            return nil
        }
        return body(entry)
    }

    /// Processors that are online.
    package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
    package static var processID: Int32 { getpid() }

    /// An environment variable with a nonempty value.
    package static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The names of all environment variables at the start of this process; none if the system does not
    /// list them.
    package static var environmentNames: [String] {
        let bytes = (try? read("/proc/self/environ", limit: 4 << 20)) ?? []
        return bytes.split(separator: 0).map { entry in
            String(decoding: entry.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
        }
    }

    /// The whole file. Fails with `.fileTooLarge` above `limit` bytes.
    package static func read(_ path: String, limit: Int = 64 << 20) throws(Errno) -> [UInt8] {
        try FileDescriptor.with(path, .readOnly) { file throws(Errno) in
            try file.readToEnd(limit: limit)
        }
    }

    /// The first bytes of a file, at most `count`.
    package static func beginning(of path: String, count: Int) throws(Errno) -> [UInt8] {
        try FileDescriptor.with(path, .readOnly) { file throws(Errno) in
            try file.readSome(atMost: count)
        }
    }

    /// Writes into an existing device or pipe.
    package static func write(_ bytes: [UInt8], into path: String) throws(Errno) {
        try FileDescriptor.with(path, .writeOnly) { file throws(Errno) in
            try file.write(all: bytes)
        }
    }

    /// Replaces `path` by a file with this content in one step, by default with mode 0600.
    package static func replace(
        _ path: String, with content: [UInt8], permissions: FilePermissions = .ownerReadWrite
    ) throws(Errno) {
        let temporary = "\(path).\(processID).tmp"
        do throws(Errno) {
            try FileDescriptor.with(
                temporary, .writeOnly, [.create, .truncate], permissions: permissions
            ) { file throws(Errno) in try file.write(all: content) }
            guard rename(temporary, path) == 0 else { throw .last }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Makes a directory and its parents, mode 0700; an existing one is left as it is.
    package static func makeDirectory(_ path: String) throws(Errno) {
        if makeOneDirectory(path) { return }
        switch Errno.last {
        case .fileExists:
            guard isDirectory(path) else { throw .notDirectory }
        case .noSuchFileOrDirectory:
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                throw .noSuchFileOrDirectory
            }
            try makeDirectory(String(path[..<slash]))
            guard makeOneDirectory(path) || Errno.last == .fileExists else { throw .last }
        case let error: throw error
        }
    }

    /// The mode does not depend on the umask, which could take our own rights away.
    private static func makeOneDirectory(_ path: String) -> Bool {
        mkdir(path, 0o700) == 0 && chmod(path, 0o700) == 0
    }

    /// Whether it exists and is neither an ordinary file nor a directory.
    package static func isDeviceOrPipe(_ path: String) -> Bool {
        status(of: path).map { ![S_IFREG, S_IFDIR].contains($0.st_mode & S_IFMT) } ?? false
    }

    package static func isDirectory(_ path: String) -> Bool {
        status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// Whether anything exists there, of whatever kind.
    package static func exists(_ path: String) -> Bool { status(of: path) != nil }

    package static func isWritable(_ path: String) throws(Errno) {
        guard access(path, W_OK | X_OK) == 0 else { throw .last }
    }

    /// The group of a path.
    package static func groupID(of path: String) -> UInt32? { status(of: path)?.st_gid }

    /// The owner of a path, and its permission bits.
    package static func ownership(of path: String) -> (owner: UInt32, mode: UInt16)? {
        status(of: path).map { ($0.st_uid, UInt16($0.st_mode & 0o7777)) }
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

    /// Removes a file; a missing file is no error.
    package static func remove(_ path: String) { unlink(path) }

    /// The target of a symbolic link.
    package static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, bytes.count) }
                ?? -1
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// Whether this many more files can be opened, found out by opening them.
    package static func canOpen(_ count: Int) -> Bool {
        var copies: [FileDescriptor] = []
        defer { for copy in copies { try? copy.close() } }
        for _ in 0..<count {
            do throws(Errno) {
                copies.append(try FileDescriptor.opened("/", .readOnly))
            } catch {
                return error != .tooManyOpenFiles
            }
        }
        return true
    }

    /// The number of files that this process may have open; 0 if that is unknown.
    package static var mostOpenFiles: Int {
        var limit = rlimit()
        // RLIMIT_NOFILE, whose type differs between systems.
        #if canImport(Glibc)
            let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let result = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        return result == 0 ? Int(clamping: limit.rlim_cur) : 0
    }

    /// SOCK_STREAM and SOCK_DGRAM, which each C library types in its own way.
    #if canImport(Glibc)
        static var streamSocket: Int32 { Int32(SOCK_STREAM.rawValue) }
        static var datagramSocket: Int32 { Int32(SOCK_DGRAM.rawValue) }
    #else
        static var streamSocket: Int32 { SOCK_STREAM }
        static var datagramSocket: Int32 { SOCK_DGRAM }
    #endif

    /// Waits until the descriptor is ready; false when the time is up.
    static func poll(_ descriptor: inout pollfd, milliseconds: Int32) -> Bool {
        LibC.poll(&descriptor, 1, milliseconds) > 0
    }
}

extension Errno {
    /// The error of the call that has just failed.
    package static var last: Errno { Errno(rawValue: errno) }

    /// The system's text, the first letter in lower case: "permission denied".
    package var text: String { description.prefix(1).lowercased() + description.dropFirst() }

    /// Whether the other end of a connection has gone.
    package var isHangup: Bool { self == .connectionReset || self == .brokenPipe }

    /// Runs calls of swift-system, which throw only `Errno` but do not declare it.
    package static func typed<Value>(_ body: () throws -> Value) throws(Errno) -> Value {
        do { return try body() } catch { throw error as? Errno ?? .ioError }
    }
}

extension FileDescriptor {
    /// Opens a file that programs started from here do not inherit.
    package static func opened(
        _ path: String, _ mode: AccessMode, _ options: OpenOptions = [],
        permissions: FilePermissions? = nil
    ) throws(Errno) -> FileDescriptor {
        try Errno.typed {
            try open(
                FilePath(path), mode, options: options.union(.closeOnExec),
                permissions: permissions)
        }
    }

    /// The same for the duration of `body`.
    package static func with<Value>(
        _ path: String, _ mode: AccessMode, _ options: OpenOptions = [],
        permissions: FilePermissions? = nil, _ body: (FileDescriptor) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        let file = try opened(path, mode, options, permissions: permissions)
        defer { try? file.close() }
        return try body(file)
    }

    /// The bytes of one call; empty at the end.
    package func readSome(atMost count: Int) throws(Errno) -> [UInt8] {
        try Errno.typed {
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    /// All bytes to the end. Fails with `.fileTooLarge` above `limit` bytes.
    package func readToEnd(limit: Int) throws(Errno) -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let more = try readSome(atMost: 16_384)
            guard !more.isEmpty else { return content }
            guard content.count + more.count <= limit else { throw .fileTooLarge }
            content += more
        }
    }

    /// Writes all bytes, in as many calls as needed.
    package func write(all bytes: [UInt8]) throws(Errno) {
        _ = try Errno.typed { try writeAll(bytes) }
    }
}
