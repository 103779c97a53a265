import MembershipCore
import MembershipWire

/// Connections between nodes. See `StreamPipe` for what they promise.
extension World {
    /// EMFILE.
    private static let tooManyFiles: Int32 = 24

    mutating func open(
        _ stream: StreamID, to endpoint: Endpoint, hello: StreamMessage.Hello, by host: Int,
        observer: inout some WorldObserver
    ) {
        let number = nextPipe
        nextPipe += 1
        let boot = hosts[host].boots
        pipes[number] = StreamPipe(
            opener: StreamPipe.End(host: host, boot: boot, stream: stream),
            isLifeline: hello.purpose == .lifeline)
        hosts[host].streams[stream.number] = number
        hosts[host].traffic.streamsOpened += 1
        guard !hosts[host].isExhausted else {
            pipes[number] = nil
            let failure = Arrival.streamFailure(stream, .unreachable(errno: Self.tooManyFiles))
            return queue.schedule(.arrival(host: host, boot: boot, failure), at: now)
        }
        if options.showsTraffic {
            let target = occupants[endpoint]
            observer.observe(.wrote(from: host, to: target, .hello(hello)), at: now, in: self)
        }
        scheduleLimits(of: number, side: .opener, host: host, boot: boot)
        queue.schedule(
            .connection(pipe: number, endpoint, hello),
            at: now + network.delay(&networkRandom))
    }

    /// The first packet of a connection reaches the other machine, or is tried again.
    mutating func connect(
        _ number: UInt64, to endpoint: Endpoint, hello: StreamMessage.Hello,
        observer: inout some WorldObserver
    ) {
        guard let pipe = pipes[number], !pipe.opener.isClosed else { return forget(number) }
        guard let target = occupants[endpoint], hosts[target].phase != .vanished,
            !isBlocked(pipe.opener.host, target)
        else {
            // There is no answer. The opener's own limit ends the attempt.
            let pause = StreamPipe.firstRetransmission * (1 << min(pipe.lanes[0].failures, 4))
            pipes[number]?.lanes[0].failures += 1
            return queue.schedule(.connection(pipe: number, endpoint, hello), at: now + pause)
        }
        pipes[number]?.lanes[0].failures = 0
        let back = network.delay(&networkRandom)
        let isFiltered = network.filter(from: pipe.opener.host, to: target) == .refuses
        guard hosts[target].hasProcess, !isFiltered else {
            let refusal = Arrival.streamFailure(pipe.opener.stream, .refused)
            pipes[number] = nil
            return queue.schedule(
                .arrival(host: pipe.opener.host, boot: pipe.opener.boot, refusal), at: now + back)
        }
        // Its machine accepts the connection, but the process does not answer.
        guard !hosts[target].isExhausted else { return }
        let stream = StreamID(hosts[target].nextAcceptedStream)
        hosts[target].nextAcceptedStream += 2
        let boot = hosts[target].boots
        pipes[number]?.acceptor = StreamPipe.End(host: target, boot: boot, stream: stream)
        hosts[target].streams[stream.number] = number
        scheduleLimits(of: number, side: .acceptor, host: target, boot: boot)
        pipes[number]?.lanes[0].floor = now + back
        push(.message(.hello(hello)), into: number, from: .opener)
    }

    mutating func write(
        _ message: StreamMessage, to stream: StreamID, by host: Int,
        observer: inout some WorldObserver
    ) {
        guard let number = hosts[host].streams[stream.number],
            let side = side(of: number, stream, host)
        else { return }
        hosts[host].traffic.streamBytesSent += UInt64(WireCost.bytes(of: message))
        if options.showsTraffic {
            let other = pipes[number]?[side.other]?.host
            observer.observe(.wrote(from: host, to: other, message), at: now, in: self)
        }
        if case .end(let code) = message, pipes[number]?[side]?.isHandshakeDone == false {
            return push(.rejection(code), into: number, from: side)
        }
        if options.fidelity == .encoded {
            if let refusal = refusal(of: message) {
                let text = "\(refusal): \(text(of: message))"
                observer.observe(.misspoke(host: host, text), at: now, in: self)
            }
        }
        push(.message(message), into: number, from: side)
    }

    /// The reason why the codec does not preserve a message.
    private func refusal(of message: StreamMessage) -> String? {
        do {
            let bytes = try MessageCodec.encode(message)
            let isSame =
                switch message {
                case .hello(let hello): try MessageCodec.decodeHello(bytes) == hello
                case .helloAck(let full, let view):
                    try MessageCodec.decodeHelloAck(bytes) == (full, view)
                case .join(let full): try MessageCodec.decodeJoin(bytes) == full
                case .peers, .syncBuckets, .syncIDs, .syncWant, .syncDelta, .data, .end:
                    try MessageCodec.decode(stream: bytes) == message
                }
            return isSame ? nil : "another message arrives"
        } catch {
            return "\(error)"
        }
    }

    mutating func close(_ stream: StreamID, by host: Int) {
        guard let number = hosts[host].streams.removeValue(forKey: stream.number),
            let side = side(of: number, stream, host)
        else { return }
        pipes[number]?[side]?.isClosed = true
        push(.close, into: number, from: side)
    }

    /// The process at one end is gone. Its machine reports that, unless it is gone too.
    mutating func abandon(_ number: UInt64, by host: Int, _ end: ProcessEnd) {
        guard let pipe = pipes[number] else { return }
        let side: StreamSide =
            pipe.opener.host == host && !pipe.opener.isClosed ? .opener : .acceptor
        pipes[number]?[side]?.isClosed = true
        pipes[number]?.lanes[side.rawValue].unsent.removeAll()
        switch end {
        case .killed: push(.reset, into: number, from: side)
        case .aborted, .removed:
            guard let peer = pipe[side.other], !isBlocked(host, peer.host) else { return }
            reset(peer, of: number, side.other)
        case .vanished: break
        }
    }

    /// A middlebox has forgotten these connections: both ends receive a reset, whatever was on its
    /// way.
    mutating func resetStreams(of some: [Int]?) {
        for number in pipes.keys.sorted() {
            guard let pipe = pipes[number], let acceptor = pipe.acceptor,
                some?.contains(where: { $0 == pipe.opener.host || $0 == acceptor.host }) ?? true
            else { continue }
            reset(pipe.opener, of: number, .opener)
            reset(acceptor, of: number, .acceptor)
        }
    }

    /// An RST reaches one end. It is not repeated.
    private mutating func reset(_ end: StreamPipe.End, of number: UInt64, _ side: StreamSide) {
        guard !end.isClosed, hosts[end.host].phase != .vanished else { return }
        let arrival = Arrival.parcel(.reset, pipe: number, side: side)
        queue.schedule(
            .arrival(host: end.host, boot: end.boot, arrival),
            at: now + network.delay(&networkRandom))
    }

    // Lanes.

    mutating func push(_ parcel: StreamParcel, into number: UInt64, from side: StreamSide) {
        pipes[number]?.lanes[side.rawValue].unsent.append(parcel)
        guard let lane = pipes[number]?.lanes[side.rawValue], !lane.isWaiting else { return }
        flush(number, side)
    }

    mutating func retransmit(_ number: UInt64, _ side: StreamSide) {
        pipes[number]?.lanes[side.rawValue].isWaiting = false
        flush(number, side)
    }

    private mutating func flush(_ number: UInt64, _ side: StreamSide) {
        guard var pipe = pipes[number], let target = pipe[side.other] else { return }
        let sender = pipe[side]?.host ?? target.host
        var lane = pipe.lanes[side.rawValue]
        var sent = 0
        while sent < lane.unsent.count {
            guard hosts[target.host].phase != .vanished, !isBlocked(sender, target.host) else {
                lane.isWaiting = true
                let pause = pipe.retransmission(lane.failures)
                lane.failures += 1
                queue.schedule(.retransmission(pipe: number, side), at: now + pause)
                break
            }
            lane.failures = 0
            lane.floor = max(lane.floor, now + network.delay(&networkRandom))
            let arrival = Arrival.parcel(lane.unsent[sent], pipe: number, side: side.other)
            queue.schedule(
                .arrival(host: target.host, boot: target.boot, arrival), at: lane.floor)
            sent += 1
        }
        lane.unsent.removeFirst(sent)
        pipe.lanes[side.rawValue] = lane
        pipes[number] = pipe
        if pipe.isOver { forget(number) }
    }

    mutating func isBlocked(_ sender: Int, _ receiver: Int) -> Bool {
        network.isCut(from: sender, to: receiver)
            || network.filter(from: sender, to: receiver) == .drops
            || network.filter(from: receiver, to: sender) == .drops
            || network.isLost(from: sender, to: receiver, &networkRandom)
    }

    /// A parcel reaches the process at `side`.
    mutating func take(
        _ parcel: StreamParcel, from number: UInt64, side: StreamSide,
        observer: inout some WorldObserver
    ) {
        guard let pipe = pipes[number], let end = pipe[side], !end.isClosed else { return }
        switch parcel {
        case .message(let message):
            var proof = pipe[side.other].flatMap { hosts[$0.host].bootKey }
            switch message {
            case .hello: proof = nil
            case .helloAck, .join: pipes[number]?[side]?.isHandshakeDone = true
            case .end: pipes[number]?[side]?.isDone = true
            case .peers, .syncBuckets, .syncIDs, .syncWant, .syncDelta, .data: break
            }
            feed(
                .stream(end.stream, .received(message, remoteBoot: proof)), to: end.host,
                observer: &observer)
        case .keys(let version):
            pipes[number]?[side]?.keyset = version
            feed(.stream(end.stream, .receivedKeys), to: end.host, observer: &observer)
        case .rejection(let code):
            fail(number, side, .rejected(code), observer: &observer)
        case .close, .reset:
            guard !end.isDone else { return }
            fail(number, side, .broken, observer: &observer)
        }
    }

    mutating func enforceLimit(
        of number: UInt64, side: StreamSide, isHandshake: Bool,
        observer: inout some WorldObserver
    ) {
        guard let end = pipes[number]?[side], !end.isClosed else { return }
        if isHandshake && end.isHandshakeDone { return }
        if !isHandshake && pipes[number]?.isLifeline == true && end.isHandshakeDone { return }
        fail(number, side, .timedOut, observer: &observer)
    }

    /// Fails on this side, and closes towards the other.
    private mutating func fail(
        _ number: UInt64, _ side: StreamSide, _ failure: StreamFailure,
        observer: inout some WorldObserver
    ) {
        guard let end = pipes[number]?[side] else { return }
        hosts[end.host].streams[end.stream.number] = nil
        pipes[number]?[side]?.isClosed = true
        push(.reset, into: number, from: side)
        if pipes[number]?.acceptor == nil { forget(number) }
        feed(.stream(end.stream, .failed(failure)), to: end.host, observer: &observer)
    }

    private mutating func scheduleLimits(of number: UInt64, side: StreamSide, host: Int, boot: Int)
    {
        for (limit, isHandshake) in [
            (StreamPipe.handshakeLimit, true), (StreamPipe.streamLimit, false),
        ] {
            let arrival = Arrival.streamLimit(pipe: number, side: side, isHandshake: isHandshake)
            queue.schedule(.arrival(host: host, boot: boot, arrival), at: now + limit)
        }
    }

    func side(of number: UInt64, _ stream: StreamID, _ host: Int) -> StreamSide? {
        guard let pipe = pipes[number] else { return nil }
        if pipe.opener.host == host, pipe.opener.stream == stream { return .opener }
        if let end = pipe.acceptor, end.host == host, end.stream == stream { return .acceptor }
        return nil
    }

    private mutating func forget(_ number: UInt64) { pipes[number] = nil }
}

extension StreamPipe {
    /// Whether nothing can happen in it any more.
    fileprivate var isOver: Bool {
        opener.isClosed && acceptor?.isClosed != false && lanes.allSatisfy { $0.unsent.isEmpty }
    }
}
