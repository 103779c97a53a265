import Foundation

/// Blocking work on a thread of its own, so that no task waits behind it.
package enum Blocking {
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value
    {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: body()) }.start()
        }
    }
}

/// A client without manners: sends any bytes to a Unix or TCP socket and reads what comes.
package final class RawClient: Sendable {
    package struct Failure: Error { package let errno: Int32 }

    private let descriptor: Int32

    package init(connectingTo path: String) throws {
        descriptor = socket(AF_UNIX, RawClient.stream, 0)
        try check(Self.withAddress(path) { connect(descriptor, $0, $1) })
    }

    package init(connectingTo port: UInt16) throws {
        descriptor = socket(AF_INET, RawClient.stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try check(result)
    }

    deinit { close(descriptor) }

    package static func exchange(_ text: String, with path: String) throws -> String {
        try RawClient(connectingTo: path).exchange(text)
    }

    /// Sends and reads until the other side ends.
    package func exchange(_ text: String) throws -> String {
        send(text)
        return try readToEnd()
    }

    package func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Nothing here waits for so long but for something that will never come: in milliseconds.
    private static let patience: CInt = 240_000

    /// Everything until the other side ends.
    package func readToEnd() throws -> String { try read { _ in false } }

    /// Everything up to and with `mark`.
    package func read(until mark: String) throws -> String { try read { $0.hasSuffix(mark) } }

    /// Everything that has come when `mark` is part of it.
    package func read(including mark: String) throws -> String {
        try read { $0.contains(mark) }
    }

    private func read(isDone: (String) -> Bool) throws -> String {
        var bytes: [UInt8] = []
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if isDone(text) { return text }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Self.patience) > 0 else { throw Failure(errno: ETIMEDOUT) }
            var chunk = [UInt8](repeating: 0, count: 4_096)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            // A reset is an end too: the other side closed with bytes of ours unread.
            guard count > 0 else { return text }
            bytes += chunk[..<count]
        }
    }

    /// Binds a socket and closes it, so that its file stays.
    package static func leaveSocketBehind(at path: String) throws {
        let descriptor = socket(AF_UNIX, stream, 0)
        defer { close(descriptor) }
        guard withAddress(path, { bind(descriptor, $0, $1) }) == 0 else {
            throw Failure(errno: errno)
        }
    }

    private static var stream: Int32 {
        #if os(Linux)
            Int32(SOCK_STREAM.rawValue)
        #else
            SOCK_STREAM
        #endif
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private func check(_ result: Int32) throws {
        guard result == 0 else { throw Failure(errno: errno) }
    }
}
