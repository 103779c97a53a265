import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptor of the datagram channel, which owns it: valid while that is open.
///
/// The channel reads. Writing bypasses it: NIO closes the socket if the system refuses a datagram
/// (no route, a firewall, a broadcast address), but here only the datagram is lost. Nothing is
/// queued either: a datagram that the system does not take at once is lost, as it may be anywhere
/// on its way.
struct UDPSocket: Sendable {
    let descriptor: CInt

    /// Returns 0, or the `errno` if the system refused the datagram.
    func send(_ datagram: UnsafeRawBufferPointer, to address: SocketAddress) -> CInt {
        address.withSockAddr { address, size in
            while sendto(
                descriptor, datagram.baseAddress, datagram.count, 0, address, socklen_t(size)) < 0
            {
                let reason = errno
                guard reason == EINTR else { return reason }
            }
            return 0
        }
    }

    /// Whether a datagram waits in the queue. An empty datagram does not count.
    var hasDatagramWaiting: Bool {
        var bytes: CInt = 0
        #if os(Linux)
            let request = UInt(FIONREAD)
        #else
            // _IOR('f', 127, int): the macro is too complex to be imported.
            let request: UInt = 0x4004_667F
        #endif
        return ioctl(descriptor, request, &bytes) == 0 && bytes > 0
    }
}
