import IridiumJSON
package import IridiumShell
import LibC
package import SystemPackage

/// The client's end of the control socket: sends one request and reads lines. It uses plain
/// blocking calls, because a command has nothing else to do.
package struct ControlClient: ~Copyable {
    /// The state of a socket file.
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
    /// The user that listens there, if we do not trust it.
    private let stranger: UInt32?
    private var splitter = LineSplitter(limit: Self.longestLine)
    private var lines: [[UInt8]] = []

    /// Pause between two tries to connect to a process whose queue of connections is full.
    private static let pause: UInt32 = 50_000

    /// Fails if no process listens at `path`, with `.timedOut` if one listens and takes no
    /// connection within `patience`: it is stopped, or very busy. `isTrusted` decides about the user
    /// of that process; nil: as `isTrusted(_:by:ownerOfDirectory:)` decides.
    package init(
        connectingTo path: String, within patience: Duration = .zero,
        trusting isTrusted: ((UInt32) -> Bool)? = nil
    ) throws(Errno) {
        let way = try SocketPath(path)
        let descriptor = socket(AF_UNIX, SystemCall.streamSocket, 0)
        guard descriptor >= 0 else { throw .last }
        do throws(Errno) {
            try Self.connect(descriptor, way.text, within: patience)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
        // If the kernel does not name the user, it is an unknown one.
        let peer = PeerIdentity.userID(of: descriptor) ?? .max
        let isKnown =
            isTrusted?(peer)
            ?? Self.isTrusted(
                peer, by: SystemCall.userID, ownerOfDirectory: Self.ownerOfDirectory(of: path),
                isOpenToUs: Self.isOpenToUs(path))
        stranger = isKnown ? nil : peer
    }

    /// Whether a client of `user` talks to an agent of `peer`. It trusts its own user's agents and
    /// root's. Root also trusts the owner of the socket's directory, because no other user can put
    /// a socket there; so does a member of the group that the owner has opened the directory to.
    package static func isTrusted(
        _ peer: UInt32, by user: UInt32, ownerOfDirectory owner: UInt32?, isOpenToUs: Bool = false
    ) -> Bool {
        PeerIdentity.isTrusted(peer, by: user) || ((user == 0 || isOpenToUs) && peer == owner)
    }

    /// Whether the directory of the socket is open to a group of ours, and to no others.
    private static func isOpenToUs(_ path: String) -> Bool {
        guard let slash = path.lastIndex(of: "/") else { return false }
        let directory = String(path[..<slash])
        guard let (_, mode) = SystemCall.ownership(of: directory), mode & 0o777 == 0o750,
            let group = SystemCall.groupID(of: directory)
        else { return false }
        return SystemCall.isMember(of: group)
    }

    /// nil if other users can write to the directory too.
    private static func ownerOfDirectory(of path: String) -> UInt32? {
        guard let slash = path.lastIndex(of: "/"),
            let (owner, mode) = SystemCall.ownership(of: String(path[..<slash])), mode & 0o022 == 0
        else { return nil }
        return owner
    }

    deinit { close(descriptor) }

    /// The process at the other end, if the system names it.
    package var process: Int32? {
        #if os(Linux)
            PeerIdentity(of: descriptor)?.processID
        #else
            nil
        #endif
    }

    /// Whether a process listens at `path`.
    package static func probe(_ path: String) -> Presence {
        do throws(Errno) {
            _ = try ControlClient(connectingTo: path)
            return .answers
        } catch {
            // A socket that may not be opened belongs to a process; only a refusal shows a stale
            // one.
            return error == .connectionRefused
                ? .stale : error == .noSuchFileOrDirectory ? .missing : .answers
        }
    }

    /// Sends a request line, but nothing to an untrusted user, who may have replaced the node's
    /// socket: we trust him neither with our request nor for his answer.
    package func send(_ request: ControlRequest) throws(IridiumError) {
        if let stranger {
            throw .foreignAgent(
                socket: path, user: stranger, userName: SystemCall.userName(of: stranger))
        }
        do throws(Errno) {
            try FileDescriptor(rawValue: descriptor).write(
                all: Array((request.json.line + "\n").utf8))
        } catch {
            guard !error.isHangup else { throw .agentGone(SocketPath.nodeName(of: path)) }
            throw .agentFailed("no answer from the agent: \(error.text)")
        }
    }

    /// The next line of the answer; nil at its end. Fails with `.timedOut` if nothing came in time
    /// (nil: wait for ever), with `.protocolError` if the line is too long.
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

    /// A full queue of connections makes `connect` wait, without a bound. So the socket does not
    /// block until it is connected; the kernel then reports the queue at once.
    private static func connect(
        _ descriptor: Int32, _ path: String, within patience: Duration
    ) throws(Errno) {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else { throw .last }
        let deadline = ContinuousClock.now + patience
        while connect(descriptor, path) != 0 {
            let failure = Errno.last
            guard failure == .resourceTemporarilyUnavailable || failure == .interrupted else {
                throw failure
            }
            guard ContinuousClock.now < deadline else { throw .timedOut }
            usleep(pause)
        }
        guard fcntl(descriptor, F_SETFL, flags) == 0 else { throw .last }
    }

    private static func connect(_ descriptor: Int32, _ path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            // The rest stays zero, and there is at least one zero: `SocketPath.longest` is shorter.
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
