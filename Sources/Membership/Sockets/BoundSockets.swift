import MembershipWire
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The two sockets of a node, bound to one port and not yet given to an event loop.
///
/// They are made by hand, and not by NIO, for three reasons. UDP and TCP must get the same port if
/// any port will do. An error must say which transport failed and why. And the descriptor of the
/// UDP socket is needed later (`UDPSocket`).
struct BoundSockets: Sendable {
    /// Bound, nonblocking, closed on exec.
    let udp: CInt
    /// The same, and listening.
    let tcp: CInt
    /// The endpoint with the chosen port.
    let endpoint: Endpoint

    /// The requested buffer for incoming datagrams: 10,000 members that all answer at once.
    private static let receiveBufferBytes: CInt = 4 << 20
    /// The requested buffer for outgoing ones: a full burst of gossip on a slow link.
    private static let sendBufferBytes: CInt = 1 << 20
    private static let backlog: CInt = 1_024
    /// How often another port is tried if the one chosen for UDP is taken for TCP.
    private static let portTries = 32

    /// Binds both. Port 0 is any port that is free for both.
    static func bind(_ endpoint: Endpoint) throws(ClusterError) -> BoundSockets {
        var triesLeft = endpoint.port == 0 ? portTries : 1
        while true {
            triesLeft -= 1
            let (udp, chosen) = try open(endpoint, .udp)
            do {
                let (tcp, _) = try open(chosen, .tcp)
                return BoundSockets(udp: udp, tcp: tcp, endpoint: chosen)
            } catch {
                close(udp)
                guard case .cannotListen(_, .tcp, EADDRINUSE) = error, triesLeft > 0 else {
                    throw error
                }
            }
        }
    }

    /// May be called only before the sockets are given away.
    func closeBoth() {
        close(udp)
        close(tcp)
    }

    private static func open(
        _ endpoint: Endpoint, _ transport: ClusterError.Transport
    ) throws(ClusterError) -> (descriptor: CInt, endpoint: Endpoint) {
        let family: CInt
        switch endpoint.address {
        case .v4: family = AF_INET
        case .v6: family = AF_INET6
        }
        let kind = transport == .udp ? datagramType : streamType
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else {
            throw .cannotListen(endpoint, transport: transport, errno: errno)
        }
        guard let bound = prepare(descriptor, endpoint, transport) else {
            let reason = errno
            close(descriptor)
            throw .cannotListen(endpoint, transport: transport, errno: reason)
        }
        return (descriptor, bound)
    }

    /// nil with `errno` set.
    private static func prepare(
        _ descriptor: CInt, _ endpoint: Endpoint, _ transport: ClusterError.Transport
    ) -> Endpoint? {
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { return nil }
        switch transport {
        case .udp:
            // Not SO_REUSEADDR: for UDP it would let two nodes share one port and its datagrams.
            set(descriptor, SO_RCVBUF, receiveBufferBytes)
            set(descriptor, SO_SNDBUF, sendBufferBytes)
            #if os(Linux)
                // Exceeds the system's limit, if this process may.
                set(descriptor, SO_RCVBUFFORCE, receiveBufferBytes)
            #endif
        case .tcp:
            // So that a restart need not wait until the last life's connections are forgotten.
            set(descriptor, SO_REUSEADDR, 1)
        }
        if case .v6(0, 0) = endpoint.address {
            var off: CInt = 0
            let size = socklen_t(MemoryLayout<CInt>.size)
            guard setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &off, size) == 0 else {
                return nil
            }
        }
        guard bind(descriptor, to: endpoint) else { return nil }
        if transport == .tcp {
            guard listen(descriptor, backlog) == 0 else { return nil }
        }
        return boundEndpoint(of: descriptor)
    }

    private static func set(_ descriptor: CInt, _ option: CInt, _ value: CInt) {
        var value = value
        // Each of these is an improvement only; the sockets work without it.
        _ = setsockopt(
            descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    private static func bind(_ descriptor: CInt, to endpoint: Endpoint) -> Bool {
        let family = SocketFamily(boundTo: endpoint.address)
        guard let address = SocketAddress(endpoint, for: family) else { return false }
        return address.withSockAddr { bindSocket(descriptor, $0, socklen_t($1)) == 0 }
    }

    private static func boundEndpoint(of descriptor: CInt) -> Endpoint? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &size) == 0 ? Endpoint(address) : nil
            }
        }
    }
}

/// The function of the C library; within `BoundSockets` this name means our own.
private let bindSocket: @Sendable (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt = {
    bind($0, $1, $2)
}
