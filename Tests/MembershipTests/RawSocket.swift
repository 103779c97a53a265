import MembershipWire
import NIOCore
import NIOPosix
import Testing

@testable import Membership

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A socket that says whatever a test wants it to, to a port of this host. Blocks.
final class RawSocket: Sendable {
    private let descriptor: CInt

    /// UDP: `send` is one datagram. TCP: connected, `send` is a part of the stream.
    init(_ transport: ClusterError.Transport, to endpoint: Endpoint) throws {
        let kind = transport == .udp ? datagramType : streamType
        descriptor = socket(AF_INET, kind, 0)
        let address = try #require(SocketAddress(endpoint, for: .v4))
        let result = address.withSockAddr { connect(descriptor, $0, socklen_t($1)) }
        try #require(result == 0, "errno \(errno)")
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    func finishSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Everything the other side says until it hangs up.
    func readToEnd() -> [UInt8] {
        var all: [UInt8] = []
        readEach { all += $0 }
        return all
    }

    /// The same, piece by piece.
    func readEach(_ body: ([UInt8]) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            body(Array(buffer.prefix(count)))
        }
    }
}

/// A TCP port on loopback that takes callers and says nothing.
final class SilentListener: Sendable {
    let endpoint: Endpoint
    private let sockets: BoundSockets

    init() throws {
        sockets = try BoundSockets.bind(.anyLoopbackPort)
        endpoint = sockets.endpoint
    }

    deinit { sockets.closeBoth() }

    /// Until somebody has connected and said something; the connection, which stays open.
    func waitForCaller() async -> CInt {
        let listener = sockets.tcp
        return await offLoop {
            let caller = accept(listener, nil, nil)
            var byte: UInt8 = 0
            _ = read(caller, &byte, 1)
            return caller
        }
    }
}

/// The function of the C library.
func closeDescriptor(_ descriptor: CInt) { close(descriptor) }

/// Does something that blocks where neither the loops nor Swift's own threads wait for it.
func offLoop<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
    await withCheckedContinuation { continuation in
        NIOThreadPool.singleton.submit { _ in continuation.resume(returning: body()) }
    }
}
