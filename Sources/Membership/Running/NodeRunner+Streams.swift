internal import Logging
internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Streams: the TCP connections that this node opens or accepts.
extension NodeRunner {
    func openStream(
        _ id: StreamID, to endpoint: Endpoint, _ hello: StreamMessage.Hello, under key: KeyID?
    ) {
        let key = key ?? (hello.purpose == .keys ? keyset.keyForCalls : nil)
        let connection = StreamConnection(calling: id, hello, under: key, runner: self)
        streams[id] = connection
        let family = SocketFamily(reaching: endpoint.address)
        guard let address = SocketAddress(endpoint, for: family) else { return }
        let bound = NIOLoopBound(connection, eventLoop: loop)
        let faults = settings.faults
        if let faults, faults.blocks(endpoint) {
            let error = IOError(errnoCode: EHOSTUNREACH, reason: "cut off")
            return loop.execute { bound.value.connectFailed(error) }
        }
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(settings.streamLimits.connect))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    channel.closeOnExec()
                    if let faults {
                        try channel.pipeline.syncOperations.addHandler(
                            SplitStream(to: endpoint, faults: faults))
                    }
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
            .connect(to: address)
            .whenFailure { bound.value.connectFailed($0) }
    }

    /// A caller has connected. Returns its handler, or nil if it is not admitted. Also sends the
    /// reason, if it may.
    func accept(_ channel: any Channel) -> (any ChannelHandler)? {
        guard lifecycle == .running, let caller = channel.remoteAddress?.endpoint?.address else {
            return nil
        }
        channel.closeOnExec()
        let id = StreamID(nextInboundStream)
        let isMember = listing.isAddressOfMember(caller)
        switch admission.admit(id, from: caller, isMember: isMember, at: .now()) {
        case .admit(let displaced):
            if let displaced { streams[displaced]?.displace() }
            nextInboundStream += 2
            let connection = StreamConnection(called: id, from: caller, runner: self)
            streams[id] = connection
            return connection
        case .sayBusy:
            meter.refuse(.streamBusy)
            return RejectionHandler(.busy, runner: self)
        case .drop:
            meter.refuse(.streamRate)
            return nil
        }
    }

    /// A connection is closed: its place is free, and the core no longer uses it.
    func streamEnded(_ id: StreamID) {
        streams[id] = nil
        admission.ended(id)
        memoryBecameFree(inboundMemory.ended(id) + ownMemory.ended(id))
    }

    /// A caller has sent bytes. Ends the streams that have brought too many.
    func received(_ bytes: Int, fromCallerOn id: StreamID, _ address: IPAddress?) {
        end(
            inboundMemory.received(
                bytes, on: id, isFavoured: address.map(listing.isAddressOfMember) ?? false))
    }

    /// A member that this node has called has sent bytes. Answers to messages are not counted: the
    /// application has asked for each of them, and holds them.
    func received(_ bytes: Int, onOwn id: StreamID, _ purpose: StreamMessage.Purpose) {
        guard purpose != .message else { return }
        end(ownMemory.received(bytes, on: id, isFavoured: purpose == .join))
    }

    /// They have brought too many bytes.
    private func end(_ ended: [StreamID]) {
        for stream in ended { streams[stream]?.exceedMemory() }
        if !ended.isEmpty { memoryBecameFree(FreeMemory.worthwhile) }
    }
}

extension Channel {
    /// A child of this process that outlives it must not hold its connections: to the others the
    /// process would continue to live, and be silent. The library below does not set this by itself.
    func closeOnExec() {
        _ = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { descriptor in _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
}

extension SocketFamily {
    /// The family of a socket that connects to that address; it is bound to nothing.
    init(reaching address: IPAddress) {
        switch address {
        case .v4: self = .v4
        case .v6: self = .v6
        }
    }
}

/// Reports to a caller that there is no room, and closes when it has closed the connection or its time is over.
final class RejectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let code: StreamEndCode
    private let runner: NodeRunner

    init(_ code: StreamEndCode, runner: NodeRunner) {
        self.code = code
        self.runner = runner
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        channel.writeAndFlush(
            channel.allocator.buffer(bytes: ClearReject(code)?.bytes ?? []), promise: nil)
        channel.close(mode: .output, promise: nil)
        runner.loop.scheduleTask(in: TimeAmount(runner.settings.streamLimits.hangUp)) {
            channel.close(promise: nil)
        }
    }

    /// The caller's bytes are read, so that our answer is not cut off, and ignored.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { runner.admission.rejectionEnded() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
