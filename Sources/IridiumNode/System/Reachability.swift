package import IridiumShell
import LibC
package import Membership
import NIOPosix
import SystemPackage

/// Tries the ways to a node one after the other: its name, TCP, UDP.
///
/// A member answers nobody who does not hold the cluster key, so UDP alone can be seen to fail
/// (the host says "nothing listens there") but not to work, unless heartbeats already pass.
package enum Reachability {
    /// How long TCP may take.
    private static let patienceMilliseconds: Int32 = 3_000
    /// How long we wait for an ICMP message after a datagram.
    private static let echoMilliseconds: Int32 = 300

    /// Blocks no event loop: the work is done on a thread of its own. `known`: the member that
    /// listens there, if this node knows one.
    package static func check(_ target: HostAndPort, known: Member?) async -> ReachabilityReport {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        defer { pool.shutdownGracefully { _ in } }
        let report = try? await pool.runIfActive { checkBlocking(target, known: known) }
        return report ?? ReachabilityReport(target: "\(target)", steps: [])
    }

    /// The same, for programs that have nothing else to do.
    package static func checkBlocking(_ target: HostAndPort, known: Member?) -> ReachabilityReport {
        var report = ReachabilityReport(target: "\(target)", steps: [])
        let port = target.port ?? NodeSettings.usualPort
        let addresses: [Endpoint]
        switch HostName.resolve(target.host, port: port) {
        case .success(let found): addresses = found
        case .failure(let failure):
            report.steps = [
                .init(name: "name", result: .failed, text: failure.reason),
                .init(name: "tcp", result: .skipped, text: "not tried"),
                .init(name: "udp", result: .skipped, text: "not tried"),
            ]
            report.problem = .hostNotFound(target.host, noAnswer: failure.isTemporary)
            return report
        }
        let shown = addresses.map { "\($0.address)" }.joined(separator: ", ")
        report.steps.append(.init(name: "name", result: .passed, text: shown))
        guard let address = addresses.first else { return report }
        let begun = ContinuousClock.now
        let tcpError = connect(to: address)
        let span = ContinuousClock.now - begun
        report.steps.append(
            .init(
                name: "tcp", result: tcpError == nil ? .passed : .failed,
                text: tcpError.map { $0.text }
                    ?? "connected in \(DurationText.roundTrip(span))"))
        if let tcpError {
            report.problem = .unreachable(
                "\(target)", tries: 1, after: span, cause: cause(of: tcpError), isCheck: true)
        }
        report.steps.append(udpStep(address, known: known))
        if tcpError == nil, report.steps.last?.result == .failed {
            report.problem = .noUDP(to: known?.name.text ?? "\(target.host)", address)
        }
        return report
    }

    private static func cause(of error: Errno) -> IridiumError.Unreachable {
        switch error {
        case .connectionRefused: .refused
        case .timedOut: .timedOut
        default: .noRoute(reason: error.text)
        }
    }

    private static func udpStep(_ address: Endpoint, known: Member?) -> ReachabilityReport.Step {
        if let known, known.state == .alive, let roundTripTime = known.roundTripTime {
            let text =
                "\(known.name) answers heartbeats in \(DurationText.roundTrip(roundTripTime))"
            return .init(name: "udp", result: .passed, text: text)
        }
        guard let error = probe(address) else {
            let text = "sent; only a member of the same cluster would answer"
            return .init(name: "udp", result: .skipped, text: text)
        }
        let text = error == .connectionRefused ? "nothing listens there" : error.text
        return .init(name: "udp", result: .failed, text: text)
    }

    /// nil when connected, else the errno.
    private static func connect(to endpoint: Endpoint) -> Errno? {
        let descriptor = socket(endpoint.family, SystemCall.streamSocket, 0)
        guard descriptor >= 0 else { return .last }
        defer { close(descriptor) }
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else { return .last }
        if let failure = begin(descriptor, endpoint), failure != .nowInProgress { return failure }
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard SystemCall.poll(&poll, milliseconds: patienceMilliseconds) else { return .timedOut }
        return pendingError(of: descriptor)
    }

    /// nil when nothing came back, else the errno that did.
    private static func probe(_ endpoint: Endpoint) -> Errno? {
        let descriptor = socket(endpoint.family, SystemCall.datagramSocket, 0)
        guard descriptor >= 0 else { return .last }
        defer { close(descriptor) }
        if let failure = begin(descriptor, endpoint) { return failure }
        // Any bytes will do: they are no frame, so a member drops and counts them.
        guard send(descriptor, "?", 1, 0) == 1 else { return .last }
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard SystemCall.poll(&poll, milliseconds: echoMilliseconds) else { return nil }
        return pendingError(of: descriptor)
    }

    private static func begin(_ descriptor: Int32, _ endpoint: Endpoint) -> Errno? {
        let result = endpoint.withSocketAddress { address, length in
            LibC.connect(descriptor, address, length)
        }
        return result == 0 ? nil : .last
    }

    private static func pendingError(of descriptor: Int32) -> Errno? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else {
            return .last
        }
        return code == 0 ? nil : Errno(rawValue: code)
    }
}
