import IridiumNode
import LibC
import SystemPackage

/// Reads, writes and waits on file descriptors, and handles interruptions.
enum Descriptor {
    /// The available bytes, at most 4 KiB. Empty at the end of the file; nil if it cannot be read.
    static func readSome(_ descriptor: Int32) -> [UInt8]? {
        while true {
            do throws(Errno) {
                return try FileDescriptor(rawValue: descriptor).readSome(atMost: 4_096)
            } catch {
                guard error == .resourceTemporarilyUnavailable else { return nil }
                _ = wait(for: [descriptor], milliseconds: -1)
            }
        }
    }

    /// Writes all of a text. If it cannot be written, it is dropped: there is no other place to
    /// report that.
    static func write(_ text: String, to descriptor: Int32) {
        _ = writeAll(Array(text.utf8), to: descriptor)
    }

    /// Writes all bytes. Returns nil, or the error.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Errno? {
        writeSome(bytes, to: descriptor).failure
    }

    /// Writes as much as possible. Returns the number of bytes and, if that is not all, the error.
    static func writeSome(
        _ bytes: [UInt8], to descriptor: Int32
    ) -> (written: Int, failure: Errno?) {
        let file = FileDescriptor(rawValue: descriptor)
        var rest = bytes[...]
        while !rest.isEmpty {
            do throws(Errno) {
                rest = rest.dropFirst(
                    try Errno.typed { try rest.withUnsafeBytes { try file.write($0) } })
            } catch {
                guard error == .resourceTemporarilyUnavailable else {
                    return (bytes.count - rest.count, error)
                }
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, 1_000)
            }
        }
        return (bytes.count, nil)
    }

    /// The descriptors that can be read; none when the time is up. A negative time waits for ever.
    static func wait(for descriptors: [Int32], milliseconds: Int32) -> [Int32] {
        var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var count = poll(&waiting, nfds_t(waiting.count), milliseconds)
        // A signal is not an event; its handler reports through a descriptor.
        while count < 0, errno == EINTR {
            count = poll(&waiting, nfds_t(waiting.count), milliseconds)
        }
        guard count > 0 else { return [] }
        return waiting.filter { $0.revents != 0 }.map(\.fd)
    }
}

/// Whether a descriptor is a terminal.
func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
