import LibC
internal import Logging
internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore

/// Datagrams: in through the gate and the codec to the node, out the other way round.
///
/// One bad datagram costs one datagram, in either direction. Every refusal is counted by its reason
/// and never answered; only closing the socket stops the reading.
extension NodeRunner {
    /// The size of the read buffer. A datagram that fills it is longer than any frame.
    static let readBytes = 2_048
    /// Number of datagrams read by one system call.
    static let readsAtOnce = 32
    /// Number of addresses kept in the socket's form; others are converted each time.
    private static let addressLimit = 4_096

    func receive(_ datagram: AddressedEnvelope<ByteBuffer>) {
        let bytes = datagram.data.readableBytes
        meter.received(bytes: bytes)
        guard bytes < Self.readBytes else { return meter.refuse(.oversized) }
        guard let source = datagram.remoteAddress.endpoint else {
            return meter.refuse(.strangeSource)
        }
        let now = ClusterInstant.now()
        switch open(datagram.data, at: now) {
        case .refused: return
        case .outdated(let boot, let key): feed(.keys(.behind(boot, key)), at: now)
        case .stranger(let boot, let sequence):
            feed(.stranger(boot, sequence: sequence, source: source), at: now)
        case .opened(let frame): receive(frame, from: source, at: now)
        }
    }

    private func receive(
        _ frame: FrameGate.OpenedFrame, from source: Endpoint, at now: ClusterInstant
    ) {
        do throws(WireError) {
            let message = try decode(frame)
            feed(
                .received(message, sequence: frame.sequence, from: frame.sender, source: source),
                at: now)
            if case .heartbeatAck = message.body { noteAnswer(of: frame.sender) }
        } catch {
            meter.refuse(error)
            logger.debug(
                "a member sent a datagram that is not well formed",
                metadata: ["reason": "\(error.reason)", "source": "\(source)"])
        }
    }

    private func open(_ datagram: ByteBuffer, at now: ClusterInstant) -> FrameGate.Opening {
        if plaintext.isEmpty {
            plaintext = Array(repeating: 0, count: Bounds.plaintextBytes.upperBound)
        }
        let elapsed = now - .origin
        return datagram.withUnsafeReadableBytes { datagram in
            plaintext.withUnsafeMutableBytes { plaintext in
                let opening = gate.open(datagram, at: elapsed, into: plaintext) {
                    node.view.table.bootKey(of: $0)
                }
                // It may be for our former boot.
                guard opening == .refused(.mac), former != nil else { return opening }
                return former?.gate.open(datagram, at: elapsed, into: plaintext) {
                    node.view.table.bootKey(of: $0)
                } ?? opening
            }
        }
    }

    private func decode(_ frame: FrameGate.OpenedFrame) throws(WireError) -> Datagram {
        try plaintext.withOctets { (bytes) throws(WireError) in
            let message = UnsafeRawBufferPointer(rebasing: bytes.prefix(frame.plaintextBytes))
            return try MessageCodec.decode(datagram: message, under: frame.suite)
        }
    }

    /// Encodes, seals and sends, at once.
    func send(_ datagram: Datagram, sequence: UInt64, to destination: Destination) {
        guard datagrams != nil else { return }
        if let faults = settings.faults, faults.swallows(destination.endpoint) { return }
        guard let address = address(of: destination.endpoint) else {
            meter.refuse(.unreachableFamily)
            return tellUnsendable(to: destination.endpoint, EAFNOSUPPORT)
        }
        do {
            let count = try seal(datagram, sequence: sequence, for: destination)
            let failure = frame.withUnsafeBytes { frame in
                settings.udp.send(
                    UnsafeRawBufferPointer(rebasing: frame.prefix(count)), to: address)
            }
            guard failure == 0 else { return noteUnsent(to: destination.endpoint, failure) }
            meter.sent(bytes: count)
        } catch {
            meter.refuse(.unsendable)
            logger.debug("a datagram could not be made", metadata: ["error": "\(error)"])
        }
    }

    /// Writes the frame to the start of `frame`; returns its size.
    private func seal(
        _ datagram: Datagram, sequence: UInt64, for destination: Destination
    ) throws -> Int {
        if frame.isEmpty { frame = Array(repeating: 0, count: Bounds.frameBytes.upperBound) }
        message.removeAll(keepingCapacity: true)
        try MessageCodec.encode(datagram, into: &message)
        return try message.withUnsafeBytes { plaintext in
            try frame.withUnsafeMutableBytes { frame in
                try gate.seal(
                    plaintext, sequence: sequence, to: destination.boot,
                    bootKey: datagram.body.suite == .pairwise ? destination.bootKey : nil,
                    into: frame)
            }
        }
    }

    /// The system refused a datagram. Each reason is logged once: most are due to a firewall or a
    /// missing route of this machine, but any member may state an address without a route.
    private func noteUnsent(to endpoint: Endpoint, _ reason: CInt) {
        meter.refuse(.sendFailed)
        let isNew = warnedOfErrors.insert(reason).inserted
        logger.log(
            level: isNew ? .warning : .debug, "a datagram could not be sent",
            metadata: ["to": "\(endpoint)", "reason": "\(SystemError(errno: reason))"])
        // A full queue is temporary; the errors below stay until an operator repairs them.
        guard [ENETUNREACH, EHOSTUNREACH, EPERM, EACCES, EADDRNOTAVAIL, EINVAL].contains(reason)
        else {
            return
        }
        tellUnsendable(to: endpoint, reason)
    }

    /// Reports it once for each member: it will be suspected here, and the cause is this host.
    /// Addresses of no member are not reported, because anyone may state any address.
    private func tellUnsendable(to endpoint: Endpoint, _ reason: CInt) {
        guard !toldUnsendable.contains(endpoint),
            let member = published.members.first(where: { $0.endpoint == endpoint && !$0.isSelf })
        else { return }
        if toldUnsendable.count >= Self.addressLimit { toldUnsendable.removeAll() }
        toldUnsendable.insert(endpoint)
        tell(.notice(.cannotSend(to: member.name, endpoint: endpoint, errno: reason)))
    }

    private func address(of endpoint: Endpoint) -> SocketAddress? {
        if let known = addresses[endpoint] { return known }
        guard let address = SocketAddress(endpoint, for: settings.family) else { return nil }
        if addresses.count >= Self.addressLimit { addresses.removeAll(keepingCapacity: true) }
        addresses[endpoint] = address
        return address
    }
}

/// The end of the UDP channel's pipeline: translates, decides nothing.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let runner: NodeRunner

    init(_ runner: NodeRunner) { self.runner = runner }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        runner.beginBurst()
        runner.receive(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        runner.datagramReadCompleted()
        runner.endBurst()
    }

    func channelInactive(context: ChannelHandlerContext) { runner.datagramChannelClosed() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A socket that reports an error for one datagram can still handle the next.
        runner.datagramFailed(error)
    }
}

extension NodeRunner {
    func datagramFailed(_ error: any Error) {
        meter.refuse(.sendFailed)
        logger.debug("the UDP socket reports an error", metadata: ["error": "\(error)"])
    }

    func datagramChannelClosed() {
        datagrams = nil
        guard lifecycle != .stopped else { return }
        logger.error("the UDP socket was closed; the node stops")
        stop(.closed)
    }
}
