import IridiumJSON
package import IridiumShell
import LibC
package import SystemPackage

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
    private let path: String
    /// The user who listens there, where that is not to be trusted.
    private let stranger: UInt32?
    private var splitter = LineSplitter(limit: Self.longestLine)
    private var lines: [[UInt8]] = []

    /// Fails when nobody listens at `path`. `isTrusted` is asked about the user who does; nil: as
    /// `isTrusted(_:by:ownerOfDirectory:)` says.
    package init(
        connectingTo path: String, trusting isTrusted: ((UInt32) -> Bool)? = nil
    ) throws(Errno) {
        let way = try SocketPath(path)
        let descriptor = socket(AF_UNIX, SystemCall.streamSocket, 0)
        guard descriptor >= 0 else { throw .last }
        guard Self.connect(descriptor, way.text) == 0 else {
            let failure = Errno.last
            close(descriptor)
            throw failure
        }
        self.descriptor = descriptor
        self.path = path
        // Where the kernel does not say who it is, it is nobody we know.
        let peer = PeerIdentity.userID(of: descriptor) ?? .max
        let isKnown =
            isTrusted?(peer)
            ?? Self.isTrusted(
                peer, by: SystemCall.userID, ownerOfDirectory: Self.ownerOfDirectory(of: path))
        stranger = isKnown ? nil : peer
    }

    /// Whether a client of `user` talks to an agent of `peer`: its own and root's; root also to that of
    /// the user whose directory the socket is in, for there nobody else can put one.
    package static func isTrusted(
        _ peer: UInt32, by user: UInt32, ownerOfDirectory owner: UInt32?
    ) -> Bool {
        PeerIdentity.isTrusted(peer, by: user) || (user == 0 && peer == owner)
    }

    /// Nil where others can write to the directory, too.
    private static func ownerOfDirectory(of path: String) -> UInt32? {
        guard let slash = path.lastIndex(of: "/"),
            let (owner, mode) = SystemCall.ownership(of: String(path[..<slash])), mode & 0o022 == 0
        else { return nil }
        return owner
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
        do throws(Errno) {
            _ = try ControlClient(connectingTo: path)
            return .answers
        } catch {
            // A socket that may not be opened belongs to somebody; only a refusal shows a dead one.
            return error == .connectionRefused
                ? .stale : error == .noSuchFileOrDirectory ? .missing : .answers
        }
    }

    /// Sends a request line; nothing if another user listens, who may have put a socket of his own
    /// in place of the node's: what we would tell him, and what he would answer, is not to be trusted.
    package func send(_ request: ControlRequest) throws(IridiumError) {
        if let stranger {
            throw .foreignAgent(
                socket: path, user: stranger, userName: SystemCall.userName(of: stranger))
        }
        do throws(Errno) {
            try FileDescriptor(rawValue: descriptor).write(
                all: Array((request.json.line + "\n").utf8))
        } catch {
            throw .agentFailed("no answer from the agent: \(error.text)")
        }
    }

    /// The next line of the answer; nil at its end. Fails with `.timedOut` when nothing came in time
    /// (nil: wait for ever), with `.protocolError` when the line is too long.
    package mutating func nextLine(within patience: Duration?) throws(Errno)
        -> [UInt8]?
    {
        let deadline = patience.map { ContinuousClock.now + $0 }
        while lines.isEmpty {
            guard try waitForInput(until: deadline) else {
                throw Errno.timedOut
            }
            let more = try FileDescriptor(rawValue: descriptor).readSome(atMost: 65_536)
            guard !more.isEmpty else { return splitter.finish() }
            do throws(LineSplitter.TooLong) {
                lines = try splitter.feed(more)
            } catch {
                throw Errno.protocolError
            }
        }
        return lines.removeFirst()
    }

    private func waitForInput(
        until deadline: ContinuousClock.Instant?
    ) throws(Errno) -> Bool {
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
                return LibC.connect(descriptor, system, length)
            }
        }
    }
}
