import MembershipWire
import NIOCore

/// Holds the bytes of an open stream back while a fault has cut its two ends off from each other.
///
/// A real split closes no connection: the kernels repeat what is lost, and it arrives when the network is
/// whole again. The member that opened the stream does the same for both directions, because it alone
/// knows the address of the other. A reset passes, and so does the close by a member that has given up
/// or stopped. A member without faults has no such handler.
final class SplitStream: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long after the end of a split bytes are still held back.
    private static let interval: TimeAmount = .milliseconds(5)

    private let target: Endpoint
    private let faults: NetworkFaults
    private var inbound: [Inbound] = []
    private var outbound: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var look: Scheduled<Void>?

    private enum Inbound {
        case bytes(ByteBuffer)
        /// The other side has ended its direction.
        case end
    }

    init(to target: Endpoint, faults: NetworkFaults) {
        self.target = target
        self.faults = faults
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard holds(context) else { return context.fireChannelRead(data) }
        inbound.append(.bytes(unwrapInboundIn(data)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event, holds(context) else {
            return context.fireUserInboundEventTriggered(event)
        }
        inbound.append(.end)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard holds(context) else { return context.write(data, promise: promise) }
        outbound.append((unwrapOutboundIn(data), promise))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        look?.cancel()
        for (_, promise) in outbound { promise?.fail(ChannelError.ioOnClosedChannel) }
        (inbound, outbound) = ([], [])
    }

    /// Whether bytes wait, or have to wait from now on: later ones must not pass earlier ones.
    private func holds(_ context: ChannelHandlerContext) -> Bool {
        guard look == nil else { return true }
        guard faults.blocks(target) else { return false }
        lookAgain(context)
        return true
    }

    private func lookAgain(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        look = context.eventLoop.scheduleTask(in: Self.interval) {
            let (handler, context) = bound.value
            handler.releaseIfWhole(context)
        }
    }

    private func releaseIfWhole(_ context: ChannelHandlerContext) {
        guard !faults.blocks(target) else { return lookAgain(context) }
        look = nil
        let (events, writes) = (inbound, outbound)
        (inbound, outbound) = ([], [])
        for (bytes, promise) in writes { context.write(wrapOutboundOut(bytes), promise: promise) }
        context.flush()
        for event in events {
            switch event {
            case .bytes(let bytes): context.fireChannelRead(NIOAny(bytes))
            case .end: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            }
        }
        context.fireChannelReadComplete()
    }
}
