#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reading, writing and waiting on file descriptors, with the interruptions taken care of.
enum Descriptor {
    /// What there is, at most 4 KiB. Empty at the end of the file; nil where it cannot be read.
    static func readSome(_ descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            if count >= 0 { return Array(bytes.prefix(count)) }
            switch errno {
            case EINTR: continue
            case EAGAIN: _ = wait(for: [descriptor], milliseconds: -1)
            default: return nil
            }
        }
    }

    /// Writes all of a text. What cannot be written is dropped: there is nobody to tell.
    static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }

    /// Writes all bytes. False where that failed.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        writeAll(bytes, to: descriptor) == 0
    }

    /// Writes all bytes; 0, or the errno of what failed.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeOnce(descriptor, $0) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, 1_000)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }

    /// Which of the descriptors can be read; none when time is up. Negative: wait for ever.
    static func wait(for descriptors: [Int32], milliseconds: Int32) -> [Int32] {
        var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var count = poll(&waiting, nfds_t(waiting.count), milliseconds)
        // A signal is no answer; what its handler has to say comes through a descriptor.
        while count < 0, errno == EINTR {
            count = poll(&waiting, nfds_t(waiting.count), milliseconds)
        }
        guard count > 0 else { return [] }
        return waiting.filter { $0.revents != 0 }.map(\.fd)
    }

    private static func writeOnce(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
            Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

/// Whether a descriptor is a terminal.
func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

/// The environment of the process.
enum Environment {
    /// A variable; nil where it is not set.
    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
