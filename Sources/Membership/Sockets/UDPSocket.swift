import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptor beneath the datagram channel, which owns it: good while that is open.
///
/// The channel reads. Writing goes past it: to NIO a datagram that the system refuses (no route, a
/// firewall's no, an address of broadcast) is the end of the socket; here it is the end of the
/// datagram. Nothing is queued, either: what the system does not take at once is lost, as it may be
/// anywhere on its way.
struct UDPSocket: Sendable {
    let descriptor: CInt

    /// Returns 0, or why the system did not take the datagram: its `errno`.
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

    /// Whether a datagram waits in the queue. A datagram of no bytes does not count.
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
