/// Reads and writes the small files that hold a secret.
///
/// Reading accepts only regular files that we or root own, that not all users can read, and that no
/// other user can write. Links are followed if we or root made them (mounted credentials are
/// links). Everything is checked on the open file, not on its name.
///
/// Writing replaces the whole file or nothing, mode 0600 (0640 if it replaces a file that a group
/// may read). It writes a temporary file next to it, flushes it, and then renames it. If two
/// processes create the same file, it has the content of one of them, and the slower process gets
/// an error.
import MembershipWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum GuardedFile {
    /// The longest line in any of our files; a longer file is not one of them.
    static let longestBytes = 256

    /// The result of `parse` on the content, which has at most `limit` bytes and is in secret
    /// memory.
    static func read<R>(
        _ path: String, atMost limit: Int = longestBytes,
        parse: (UnsafeRawBufferPointer) throws(FileDamage) -> R
    ) throws(GuardedFileError) -> R {
        let isStandardInput = path == "-"
        let file = isStandardInput ? STDIN_FILENO : try openForReading(path)
        defer { if !isStandardInput { close(file) } }
        if !isStandardInput { try check(file, path: path) }
        return try readContent(of: file, path: path, atMost: limit, parse)
    }

    /// The result of `decode` on a file without a secret, by the same rules; nil if there is no
    /// file.
    static func readPublic<Content>(
        _ path: String, atMost limit: Int, decode: ([UInt8]) throws(FileDamage) -> Content
    ) throws(GuardedFileError) -> Content? {
        let bytes: [UInt8]
        do throws(GuardedFileError) {
            bytes = try readBytes(path, atMost: limit)
        } catch {
            guard error == .missing(path: path) else { throw error }
            return nil
        }
        do throws(FileDamage) {
            return try decode(bytes)
        } catch {
            throw .damaged(path: path, error)
        }
    }

    private static func readBytes(
        _ path: String, atMost limit: Int
    ) throws(GuardedFileError) -> [UInt8] {
        let file = try openForReading(path)
        defer { close(file) }
        try check(file, path: path)
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1_024)
        while true {
            let got = piece.withUnsafeMutableBytes { readSome(file, into: $0) }
            if got == 0 { return content }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                throw .cannotRead(path: path, .last, facts: nil, user: geteuid())
            }
            content += piece[..<got]
            guard content.count <= limit else { throw .damaged(path: path, .tooLong) }
        }
    }

    /// Puts `content`, which is not secret, under that name and replaces an existing file.
    static func replacePublic(_ path: String, content: [UInt8]) throws(GuardedFileError) {
        try write(beside: path) { (file) throws(SystemError) in
            try content.withOctets { (content) throws(SystemError) in
                try writeAll(content, to: file)
            }
        } finish: { (temporary) throws(GuardedFileError) in
            guard rename(temporary, path) == 0 else { throw .cannotWrite(path: path, .last) }
        }
    }

    /// Puts `content` under a name that is not taken.
    static func create(_ path: String, content: SecretBytes) throws(GuardedFileError) {
        try write(content, beside: path) { (temporary) throws(GuardedFileError) in
            // A link, not a rename: it fails if the name is taken, and the file is complete already.
            guard link(temporary, path) != 0 else { return }
            let reason = SystemError.last
            guard reason.errno != EEXIST else { throw .exists(path: path) }
            throw .cannotWrite(path: path, reason)
        }
    }

    /// Puts `content` under that name and replaces an existing file. The group that could read the
    /// old file can read the new one.
    static func replace(_ path: String, content: SecretBytes) throws(GuardedFileError) {
        let former = facts(of: path)
        let readers = former.flatMap { $0.exposure == nil && $0.mode & 0o040 != 0 ? $0.group : nil }
        try write(content, beside: path, readableBy: readers) {
            (temporary) throws(GuardedFileError) in
            guard rename(temporary, path) == 0 else {
                throw .cannotWrite(path: path, .last)
            }
        }
    }
}

extension GuardedFile {
    /// The content of the file or, if there is no file, the value that `make` made and `create` has
    /// written. A process that loses a race to create it reads the winner's content.
    static func readOrCreate<Value>(
        _ path: String,
        read: (String) throws(GuardedFileError) -> Value, make: () -> Value,
        create: (String, Value) throws(GuardedFileError) -> Void
    ) throws(GuardedFileError) -> (value: Value, isNew: Bool) {
        do throws(GuardedFileError) {
            return (try read(path), false)
        } catch {
            guard error == .missing(path: path) else { throw error }
        }
        let value = make()
        do throws(GuardedFileError) {
            try create(path, value)
            return (value, true)
        } catch {
            guard error == .exists(path: path) else { throw error }
            return (try read(path), false)
        }
    }
}

// MARK: Reading

extension GuardedFile {
    private static func openForReading(_ path: String) throws(GuardedFileError) -> Int32 {
        // Without O_NONBLOCK the open would wait for the other end of a named pipe.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
        var file = open(path, flags | O_NOFOLLOW)
        if file < 0, errno == ELOOP {
            try checkLink(path)
            file = open(path, flags)
        }
        guard file >= 0 else {
            let reason = SystemError.last
            if reason.errno == ENOENT || reason.errno == ENOTDIR { throw .missing(path: path) }
            throw .cannotRead(path: path, reason, facts: facts(of: path), user: geteuid())
        }
        return file
    }

    private static func checkLink(_ path: String) throws(GuardedFileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        let user = geteuid()
        guard FileFacts(status).isOwned(by: user) else {
            throw .foreignLink(path: path, owner: status.st_uid, user: user)
        }
    }

    private static func check(_ file: Int32, path: String) throws(GuardedFileError) {
        var status = stat()
        let user = geteuid()
        guard fstat(file, &status) == 0 else {
            throw .cannotRead(path: path, .last, facts: nil, user: user)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        let facts = FileFacts(status)
        guard facts.isOwned(by: user) else {
            throw .foreignOwner(path: path, owner: facts.owner, user: user)
        }
        if let exposure = facts.exposure {
            throw .exposed(path: path, mode: facts.mode, exposure)
        }
    }

    private static func readContent<R>(
        of file: Int32, path: String, atMost limit: Int,
        _ parse: (UnsafeRawBufferPointer) throws(FileDamage) -> R
    ) throws(GuardedFileError) -> R {
        var content = SecretMemory(count: limit + 1)
        var count = 0
        try content.withMutableBytes { (content) throws(GuardedFileError) in
            while count < content.count {
                let got = readSome(file, into: content.part(count..<content.count))
                if got == 0 { return }
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    throw .cannotRead(path: path, .last, facts: nil, user: geteuid())
                }
                count += got
            }
        }
        do throws(FileDamage) {
            guard count > 0 else { throw .empty }
            guard count <= limit else { throw .tooLong }
            return try content.withBytes { (content) throws(FileDamage) in
                guard !ByteOrderMark.begins(content) else { throw .byteOrderMark }
                return try parse(content.part(0..<count))
            }
        } catch {
            throw .damaged(path: path, error)
        }
    }

    private static func facts(of path: String) -> FileFacts? {
        var status = stat()
        return stat(path, &status) == 0 ? FileFacts(status) : nil
    }
}

extension FileFacts {
    fileprivate init(_ status: stat) {
        self.init(
            owner: status.st_uid, group: status.st_gid,
            mode: UInt16(truncatingIfNeeded: status.st_mode & 0o7777))
    }
}

extension FileDamage: Error {}

// MARK: Writing

extension GuardedFile {
    private static func write(
        _ content: SecretBytes, beside path: String, readableBy group: UInt32? = nil,
        finish: (_ temporary: String) throws(GuardedFileError) -> Void
    ) throws(GuardedFileError) {
        try write(beside: path, readableBy: group) { (file) throws(SystemError) in
            try content.withBytes { (content) throws(SystemError) in
                try writeAll(content, to: file)
            }
        } finish: { (temporary) throws(GuardedFileError) in
            try finish(temporary)
        }
    }

    private static func write(
        beside path: String, readableBy group: UInt32? = nil,
        _ fill: (_ file: Int32) throws(SystemError) -> Void,
        finish: (_ temporary: String) throws(GuardedFileError) -> Void
    ) throws(GuardedFileError) {
        let folder = folder(of: path)
        var number: UInt64 = 0
        withUnsafeMutableBytes(of: &number) { Sodium.fillWithRandom($0) }
        let temporary = "\(path).\(String(number, radix: 16)).tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .cannotWrite(path: folder, .last) }
        defer { unlink(temporary) }
        do throws(SystemError) {
            defer { close(file) }
            // Independent of the umask, the owner must be able to read it, and no other user.
            guard fchmod(file, 0o600) == 0 else { throw .last }
            if let group {
                // First the group is set, then its permissions.
                let nobodyElse = uid_t.max
                guard fchown(file, nobodyElse, group) == 0, fchmod(file, 0o640) == 0 else {
                    throw .last
                }
            }
            try fill(file)
            guard fsync(file) == 0 else { throw .last }
        } catch {
            throw .cannotWrite(path: path, error)
        }
        try finish(temporary)
        flush(folder: folder)
    }

    private static func writeAll(
        _ content: UnsafeRawBufferPointer, to file: Int32
    ) throws(SystemError) {
        var written = 0
        while written < content.count {
            let got = writeSome(content.part(written..<content.count), to: file)
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw .last }
            written += got
        }
    }

    /// Makes the new name survive a power failure. If a folder cannot be flushed, only that
    /// guarantee is lost.
    private static func flush(folder: String) {
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return }
        fsync(file)
        close(file)
    }

    /// The real path of the file; `path` itself if that cannot be determined.
    static func withoutLinks(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
    }
}

private func readSome(_ file: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let address = buffer.baseAddress else { return 0 }
    return read(file, address, buffer.count)
}

private func writeSome(_ buffer: UnsafeRawBufferPointer, to file: Int32) -> Int {
    guard let address = buffer.baseAddress else { return 0 }
    return write(file, address, buffer.count)
}
