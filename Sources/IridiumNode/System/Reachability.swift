import IridiumJSON
package import IridiumShell
import LibC
package import Membership
import MembershipWire
import NIOPosix
import SystemPackage

/// Tries the ways to a node one after the other: its name, TCP, the answer of an Iridium node, UDP.
///
/// All addresses of a name are tried, as in a join. To a caller without the cluster key, a member
/// only answers eight bytes of refusal, which identify it. So for UDP alone, a failure can be seen
/// (the host reports "nothing listens there"), but success cannot, unless heartbeats already pass.
package enum Reachability {
    /// Time limit for TCP.
    private static let patienceMilliseconds: Int32 = 3_000
    /// Time to wait for an ICMP message after a datagram.
    private static let echoMilliseconds: Int32 = 300
    /// A member that has been alive for less may not have had a heartbeat from this node.
    private static let timeToAnswer = Duration.seconds(30)
    /// Time limit for a node's refusal of a stranger.
    private static let refusalMilliseconds: Int32 = 2_000

    /// Does not block an event loop: the work runs on a separate thread. `known`: the members that
    /// this node knows.
    package static func check(_ target: HostAndPort, known: [Member]) async -> ReachabilityReport {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        defer { pool.shutdownGracefully { _ in } }
        let report = try? await pool.runIfActive { checkBlocking(target, known: known) }
        return report ?? ReachabilityReport(target: "\(target)", steps: [])
    }

    /// The same, for programs that have nothing else to do.
    package static func checkBlocking(
        _ target: HostAndPort, known: [Member] = []
    ) -> ReachabilityReport {
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
        var problems: [IridiumError] = []
        var hasPassed = false
        for address in addresses {
            let member = known.first { $0.endpoint == address && $0.state != .left }
            let (steps, problem) = tryWays(
                to: address, as: member?.name.text ?? target.host, "\(target)", known: member)
            let place = addresses.count > 1 ? "\(address.address): " : ""
            report.steps += steps.map { step in
                .init(name: step.name, result: step.result, text: place + step.text)
            }
            if let problem { problems.append(problem) } else { hasPassed = true }
        }
        // One address is enough for a join.
        report.problem =
            hasPassed ? nil : problems.last { $0.code != .unreachable } ?? problems.first
        return report
    }

    private static func tryWays(
        to address: Endpoint, as name: String, _ target: String, known: Member?
    ) -> (steps: [ReachabilityReport.Step], problem: IridiumError?) {
        if let known, known.isSelf {
            return (
                [.init(name: "node", result: .failed, text: "this node itself")],
                .selfJoin(address, listensAs: known.name.text)
            )
        }
        let begun = ContinuousClock.now
        let connection = connect(to: address)
        let span = ContinuousClock.now - begun
        guard case .success(let descriptor) = connection else {
            guard case .failure(let error) = connection else { return ([], nil) }
            let problem = IridiumError.unreachable(
                target, tries: 1, after: span, cause: cause(of: error), isCheck: true)
            return (
                [
                    .init(name: "tcp", result: .failed, text: error.text),
                    udpStep(address, known: known),
                ], problem
            )
        }
        defer { close(descriptor) }
        var steps: [ReachabilityReport.Step] = [
            .init(
                name: "tcp", result: .passed,
                text: "connected in \(DurationText.roundTrip(span))")
        ]
        guard known != nil || isIridium(descriptor) else {
            steps.append(
                .init(name: "node", result: .failed, text: "no Iridium node answers there"))
            return (steps, .notIridium(seed: target))
        }
        steps.append(.init(name: "node", result: .passed, text: "an Iridium node answers"))
        steps.append(udpStep(address, known: known))
        guard steps.last?.result == .failed else { return (steps, nil) }
        return (steps, .noUDP(to: name, address, fault: unsendable(to: address) ?? .onTheWay))
    }

    private static func cause(of error: Errno) -> IridiumError.Unreachable {
        switch error {
        case .connectionRefused: .refused
        case .timedOut: .timedOut
        default: .noRoute(reason: error.text)
        }
    }

    private static func udpStep(_ address: Endpoint, known: Member?) -> ReachabilityReport.Step {
        if let known {
            guard let roundTripTime = known.roundTripTime else {
                if known.state == .alive, known.timeInState < timeToAnswer {
                    let text =
                        "\(known.name) has answered no heartbeat yet: try again in a few seconds"
                    return .init(name: "udp", result: .skipped, text: text)
                }
                let text = "\(known.name) is a member, but it answers no heartbeat over UDP"
                return .init(name: "udp", result: .failed, text: text)
            }
            if known.state == .alive {
                let text =
                    "\(known.name) answers heartbeats in \(DurationText.roundTrip(roundTripTime))"
                return .init(name: "udp", result: .passed, text: text)
            }
        }
        guard let error = probe(address, waiting: echoMilliseconds) else {
            let text = "sent; only a member of the same cluster would answer"
            return .init(name: "udp", result: .skipped, text: text)
        }
        let text = error == .connectionRefused ? "nothing listens there" : error.text
        return .init(name: "udp", result: .failed, text: text)
    }

    /// The reason why this host does not send datagrams there; nil if it does.
    static func unsendable(
        to endpoint: Endpoint, from own: IPAddress? = nil
    ) -> IridiumError.UDPFault? {
        probe(endpoint, from: own, waiting: 0).map { .unsendable($0.text) }
    }

    /// Whether the listener there refuses a stranger as a member does. The stranger's key is
    /// invented.
    private static func isIridium(_ descriptor: Int32) -> Bool {
        let key = (0..<2).map { _ in UInt8.random(in: 0...255) }
        let hello = StreamGreeting.start + key + [UInt8](repeating: 0, count: 4 + 96)
        guard send(descriptor, hello, hello.count, Int32(MSG_NOSIGNAL)) == hello.count else {
            return false
        }
        var answer: [UInt8] = []
        let deadline = ContinuousClock.now + .milliseconds(Int64(refusalMilliseconds))
        while answer.count < ClearReject.byteCount {
            let left = (deadline - ContinuousClock.now).wholeMilliseconds
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, SystemCall.poll(&poll, milliseconds: Int32(clamping: left)),
                let more = try? FileDescriptor(rawValue: descriptor).readSome(
                    atMost: ClearReject.byteCount - answer.count), !more.isEmpty
            else { return false }
            answer += more
        }
        return (try? ClearReject(parsing: answer)) != nil
    }

    /// Whether a socket listens at an address of this host.
    static func isTaken(_ endpoint: Endpoint) async -> Bool {
        let address = endpoint.address.isUnspecified ? IPAddress.v4(0x7F00_0001) : endpoint.address
        let place = Endpoint(address, port: endpoint.port)
        let isTaken = try? await NIOThreadPool.singleton.runIfActive {
            guard case .success(let descriptor) = connect(to: place) else { return false }
            close(descriptor)
            return true
        }
        return isTaken ?? false
    }

    /// A connection, or the error.
    private static func connect(to endpoint: Endpoint) -> Result<Int32, Errno> {
        let descriptor = socket(endpoint.family, SystemCall.streamSocket, 0)
        guard descriptor >= 0 else { return .failure(.last) }
        if let failure = finishConnecting(descriptor, to: endpoint) {
            close(descriptor)
            return .failure(failure)
        }
        return .success(descriptor)
    }

    private static func finishConnecting(_ descriptor: Int32, to endpoint: Endpoint) -> Errno? {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else { return .last }
        if let failure = begin(descriptor, endpoint), failure != .nowInProgress { return failure }
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard SystemCall.poll(&poll, milliseconds: patienceMilliseconds) else { return .timedOut }
        return pendingError(of: descriptor)
    }

    /// nil if nothing came back in time, otherwise the error that did.
    private static func probe(
        _ endpoint: Endpoint, from own: IPAddress? = nil, waiting milliseconds: Int32
    ) -> Errno? {
        let descriptor = socket(endpoint.family, SystemCall.datagramSocket, 0)
        guard descriptor >= 0 else { return .last }
        defer { close(descriptor) }
        if let own, Endpoint(own, port: 0).family == endpoint.family {
            let bound = Endpoint(own, port: 0).withSocketAddress { address, length in
                LibC.bind(descriptor, address, length)
            }
            guard bound == 0 else { return .last }
        }
        if let failure = begin(descriptor, endpoint) { return failure }
        // Any bytes will do: they are not a frame, so a member drops and counts them.
        guard send(descriptor, "?", 1, 0) == 1 else { return .last }
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard milliseconds > 0, SystemCall.poll(&poll, milliseconds: milliseconds) else {
            return nil
        }
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

/// The start of a stream: the two bytes before a key's number. Specs/Wire.md, section 5.
private enum StreamGreeting {
    static let start: [UInt8] = [0x49, 0x1A]
}
