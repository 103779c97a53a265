import LibC

/// The process at the other end of a Unix socket, according to the kernel: `struct ucred`, which
/// the C library hides from Swift, with the same three numbers.
struct PeerIdentity: Sendable {
    var processID: Int32 = 0
    var userID: UInt32 = 0
    var groupID: UInt32 = 0

    #if os(Linux)
        /// Of a connected socket. For a client, this is the process that made the socket. nil if
        /// the kernel does not say.
        init?(of descriptor: Int32) {
            self.init()
            var length = socklen_t(MemoryLayout<PeerIdentity>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &self, &length) == 0,
                processID > 0
            else { return nil }
        }
    #endif

    init() {}

    /// The user at the other end of a connected socket; nil if the kernel does not say.
    static func userID(of descriptor: Int32) -> UInt32? {
        #if os(Linux)
            PeerIdentity(of: descriptor)?.userID
        #else
            var (user, group) = (uid_t(), gid_t())
            return getpeereid(descriptor, &user, &group) == 0 ? user : nil
        #endif
    }

    /// Whether processes of `user` and of `peer` may control each other. Root may do so anyway.
    static func isTrusted(_ peer: UInt32, by user: UInt32) -> Bool { peer == user || peer == 0 }
}
