internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The channel of one stream: translates between NIO, the node and a `StreamMachine`, and decides
/// nothing.
final class StreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let id: StreamID

    private let runner: NodeRunner
    /// Nil for a stream that another node opened.
    private let ownPurpose: StreamMessage.Purpose?
    /// Of the node that opened it.
    private let network: Network?
    private var machine: StreamMachine
    /// nil until the connection is established.
    private var channel: (any Channel)?
    private var watch: Scheduled<Void>?
    /// The results of an action are handled by the pass under way.
    private var isPerforming = false

    /// A stream that we open.
    init(
        calling id: StreamID, _ hello: StreamMessage.Hello, under key: KeyID?, runner: NodeRunner
    ) {
        self.id = id
        self.runner = runner
        ownPurpose = hello.purpose
        network = nil
        machine = StreamMachine(
            calling: hello, under: key,
            .initiator(secrets: runner.secrets, boot: runner.boot),
            runner.settings.streamLimits, at: .now())
        perform()
    }

    /// A stream that another node opened and that was admitted.
    init(called id: StreamID, from address: IPAddress, runner: NodeRunner) {
        self.id = id
        self.runner = runner
        ownPurpose = nil
        network = .widest(of: address)
        machine = StreamMachine(
            called: .responder(secrets: runner.secrets, boot: runner.boot),
            runner.settings.streamLimits, at: .now())
        perform()
    }
}

// MARK: Events of the socket

extension StreamConnection {
    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        if case .closed = machine.state { return context.close(promise: nil) }
        let local = context.localAddress
        machine.connected(isSelf: local != nil && local == context.remoteAddress)
        perform()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        runner.beginBurst()
        let bytes = unwrapInboundIn(data).readableBytesView
        if let ownPurpose {
            runner.received(bytes.count, onOwn: id, ownPurpose)
        } else {
            runner.received(
                bytes.count, fromCallerOn: id, context.remoteAddress?.endpoint?.address)
        }
        machine.received(bytes)
        perform()
    }

    func channelReadComplete(context: ChannelHandlerContext) { runner.endBurst() }

    func channelWritabilityChanged(context: ChannelHandlerContext) { perform() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        machine.remoteEnded()
        perform()
    }

    func channelInactive(context: ChannelHandlerContext) {
        machine.connectionEnded()
        perform()
        // If a channel is closed during a read, it does not report the end of the read.
        runner.endBurst()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if (error as? IOError)?.errnoCode == ETIMEDOUT {
            machine.connectionTimedOut()
            perform()
        }
        // A reset, or an error of writing: `channelInactive` follows the close.
        context.close(promise: nil)
    }

    /// The connection could not be established.
    func connectFailed(_ error: any Error) {
        machine.connectFailed(StreamFailure(connecting: error))
        perform()
    }
}

// MARK: Commands of the node

extension StreamConnection {
    /// Queues a message of the core.
    func write(_ message: StreamMessage) {
        machine.write(message)
        perform()
    }

    /// Queues KEYS.
    func write(_ keyset: Keyset) {
        machine.write(keyset)
        perform()
    }

    /// The core is done: close once everything is sent.
    func finish() {
        machine.finish()
        perform()
    }

    /// All streams together have brought too much, and this one the most.
    func exceedMemory() {
        machine.exceedMemory()
        perform()
    }

    /// A newcomer takes the place of this caller.
    func displace() {
        machine.displace()
        perform()
    }

    /// The node is stopping: closes everything at once, without a message. Queued bytes are tried.
    func abandon() {
        channel?.flush()
        machine.abandon()
        perform()
    }

    /// The keyset from the other side; nil if it holds version 0.
    func takeGivenKeys() -> Keyset? { machine.takeGivenKeys() }

    /// The result of accepting it.
    func tookKeys(_ outcome: KeysOutcome) {
        machine.tookKeys(outcome)
        perform()
    }
}

// MARK: Actions

extension StreamConnection {
    private func perform() {
        guard !isPerforming else { return }
        isPerforming = true
        defer { isPerforming = false }
        // A flush may make room at once, and says so while this pass goes on: so it is followed by a look.
        var hasWritten: Bool
        repeat {
            hasWritten = false
            while let action = machine.nextAction(socketTakes: channel?.isWritable ?? false) {
                if case .write = action { hasWritten = true }
                perform(action)
            }
            if hasWritten { channel?.flush() }
        } while hasWritten
    }

    private func perform(_ action: StreamMachine.Action) {
        switch action {
        case .tell(let input): runner.feed(.stream(id, input))
        case .write(let bytes):
            guard let channel else { return }
            channel.write(channel.allocator.buffer(bytes: bytes), promise: nil)
        case .flushToEnd: flushToEnd()
        case .endOutput: channel?.close(mode: .output, promise: nil)
        case .showHello(let ephemeral):
            let isNew = runner.admission.showHello(id, ephemeral: ephemeral, at: .now())
            if isNew, let network { runner.feed(.stream(id, .comes(from: network))) }
            machine.weigh(isNew: isNew)
        case .handshakeEnded: runner.admission.handshakeEnded(id)
        case .count(let reason): runner.meter.refuse(reason)
        case .look(let duration): look(in: duration)
        case .close: close()
        }
    }

    private func flushToEnd() {
        guard let channel else { return }
        let connection = NIOLoopBound(self, eventLoop: runner.loop)
        // An empty write after everything else: its promise reports when the socket took it.
        channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).whenComplete { _ in
            connection.value.everythingIsSent()
        }
    }

    private func everythingIsSent() {
        machine.everythingIsSent()
        perform()
    }

    private func look(in duration: Duration) {
        watch?.cancel()
        let connection = NIOLoopBound(self, eventLoop: runner.loop)
        watch = runner.loop.scheduleTask(in: TimeAmount(duration)) { connection.value.look() }
    }

    private func look() {
        machine.look(at: .now())
        perform()
    }

    private func close() {
        watch?.cancel()
        watch = nil
        runner.streamEnded(id)
        channel?.flush()
        channel?.close(promise: nil)
    }
}
