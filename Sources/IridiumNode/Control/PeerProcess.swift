#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Who is at the other end of a Unix socket, as the kernel says: `struct ucred`, which the C library
/// hides from Swift, with the same three numbers.
struct PeerIdentity: Sendable {
    var processID: Int32 = 0
    var userID: UInt32 = 0
    var groupID: UInt32 = 0

    #if os(Linux)
        /// Of a connected socket: for a client, who made the socket that it found. nil where the
        /// kernel does not say.
        init?(of descriptor: Int32) {
            self.init()
            var length = socklen_t(MemoryLayout<PeerIdentity>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &self, &length) == 0,
                processID > 0
            else { return nil }
        }
    #endif

    init() {}
}
