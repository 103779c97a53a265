#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The other end of the control socket: sends one request, reads lines. Plain blocking calls, for a
/// command has nothing else to do.
package struct ControlClient: ~Copyable {
    /// What a socket file turned out to be.
    package enum Presence: Equatable, Sendable {
        case answers
        /// Left behind by a process that is gone.
        case stale
        case missing
    }

    /// Lines of an answer are at most this long: a table of 16,384 members fits.
    package static let longestLine = 16 << 20

    private let descriptor: Int32
    /// Why nothing is said to who listens there.
    private let refusal: SystemCall.Failure?
    private var splitter = LineSplitter(limit: Self.longestLine)
    private var lines: [[UInt8]] = []

    /// Fails when nobody listens at `path`; `errno` says why. `isTrusted` is asked about the
    /// user who does: this one or root, unless a test wants otherwise.
    package init(
        connectingTo path: String,
        trusting isTrusted: (UInt32) -> Bool = Self.isOurs
    ) throws(SystemCall.Failure) {
        let way = try SocketPath(path)
        let descriptor = socket(AF_UNIX, SystemCall.streamSocket, 0)
        guard descriptor >= 0 else { throw SystemCall.Failure(errno: errno) }
        guard Self.connect(descriptor, way.text) == 0 else {
            let failure = SystemCall.Failure(errno: errno)
            close(descriptor)
            throw failure
        }
        self.descriptor = descriptor
        let peer = PeerIdentity.userID(of: descriptor)
        refusal = peer.map(isTrusted) == true ? nil : Self.foreign(path, heldBy: peer)
    }

    /// Whether it is this user, or root.
    package static func isOurs(_ user: UInt32) -> Bool {
        PeerIdentity.isTrusted(user, by: SystemCall.userID)
    }

    private static func foreign(_ path: String, heldBy peer: UInt32?) -> SystemCall.Failure {
        let holder = peer.map { "uid \($0)" } ?? "an unknown user"
        return SystemCall.Failure(
            errno: EPERM,
            words: "\(holder) holds \(path), neither this user nor root; nothing was sent: see who "
                + "owns that directory, or give another one, --data-root-dir DIR")
    }

    deinit { close(descriptor) }

    /// The process at the other end, where the system says.
    package var process: Int32? {
        #if os(Linux)
            PeerIdentity(of: descriptor)?.processID
        #else
            nil
        #endif
    }

    /// Whether anybody listens at `path`.
    package static func probe(_ path: String) -> Presence {
        do throws(SystemCall.Failure) {
            _ = try ControlClient(connectingTo: path)
            return .answers
        } catch {
            // A socket that may not be opened belongs to somebody; only a refusal shows a dead one.
            return error.errno == ECONNREFUSED
                ? .stale : error.errno == ENOENT ? .missing : .answers
        }
    }

    /// Sends a request line; nothing if another user listens, who may have put a socket of his own
    /// in place of the node's: what we would tell him, and what he would answer, is not to be trusted.
    package func send(_ request: ControlRequest) throws(SystemCall.Failure) {
        if let refusal { throw refusal }
        try SystemCall.write(Array((request.json.line + "\n").utf8), to: descriptor)
    }

    /// The next line of the answer; nil at its end. Fails with ETIMEDOUT when nothing came in time
    /// (nil: wait for ever), with EPROTO when the line is too long.
    package mutating func nextLine(within patience: Duration?) throws(SystemCall.Failure)
        -> [UInt8]?
    {
        let deadline = patience.map { ContinuousClock.now + $0 }
        while lines.isEmpty {
            guard try waitForInput(until: deadline) else {
                throw SystemCall.Failure(errno: ETIMEDOUT)
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemCall.Failure(errno: errno) }
            guard count > 0 else { return splitter.finish() }
            do throws(LineSplitter.TooLong) {
                lines = try splitter.feed(chunk[..<count])
            } catch {
                throw SystemCall.Failure(errno: EPROTO)
            }
        }
        return lines.removeFirst()
    }

    private func waitForInput(
        until deadline: ContinuousClock.Instant?
    ) throws(SystemCall.Failure) -> Bool {
        while true {
            let left = deadline.map { ($0 - ContinuousClock.now).wholeMilliseconds }
            if let left, left <= 0 { return false }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let wait = Int32(clamping: min(left ?? 60_000, 60_000))
            if SystemCall.poll(&poll, milliseconds: wait) { return true }
        }
    }

    private static func connect(_ descriptor: Int32, _ path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            // The rest stays zero, and there is at least one: `SocketPath.longest` is shorter.
            field.copyBytes(from: path.utf8.prefix(field.count - 1))
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { system in
                let length = socklen_t(MemoryLayout<sockaddr_un>.size)
                #if canImport(Darwin)
                    return Darwin.connect(descriptor, system, length)
                #elseif canImport(Musl)
                    return Musl.connect(descriptor, system, length)
                #else
                    return Glibc.connect(descriptor, system, length)
                #endif
            }
        }
    }
}
