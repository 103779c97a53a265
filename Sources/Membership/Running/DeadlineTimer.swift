internal import MembershipCore
import NIOCore
import NIOPosix

/// The one timer of a node, set for its next deadline.
///
/// A timer of SwiftNIO wakes the loop at the earliest moment for which it was ever set. Every ack moves a
/// deadline to a later moment, so a node at rest would wake for nothing once a second. On Linux the timer
/// is therefore a descriptor of the kernel, which can be moved both ways. Elsewhere, and where no
/// descriptor can be had, it is a timer of SwiftNIO: it may fire too early, which is harmless.
///
/// It belongs to one event loop, on which `fire` is called.
final class DeadlineTimer {
    private enum Means {
        case descriptor(KernelTimer, any Channel)
        case loop(NIOScheduledCallback?)
    }

    private let loop: any EventLoop
    private let fire: () -> Void
    private var means = Means.loop(nil)
    /// The moment for which it is set.
    private var instant: ClusterInstant?

    init(on loop: any EventLoop, fire: @escaping () -> Void) {
        self.loop = loop
        self.fire = fire
    }

    /// Asks for a descriptor; without one nothing changes. Call it before the timer is first set.
    func open() -> EventLoopFuture<Void> {
        guard let kernelTimer = KernelTimer() else { return loop.makeSucceededVoidFuture() }
        let timer = NIOLoopBound(self, eventLoop: loop)
        return NIOPipeBootstrap(group: loop)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TimerHandler(timer.value))
                }
            }
            .takingOwnershipOfDescriptor(input: kernelTimer.descriptor)
            .map { timer.value.means = .descriptor(kernelTimer, $0) }
            // The descriptor belongs to NIO then, open or closed.
            .flatMapErrorThrowing { _ in }
    }

    /// Sets it, or moves it.
    func set(for moment: ClusterInstant) {
        guard moment != instant else { return }
        switch means {
        case .descriptor(let kernelTimer, _):
            // SwiftNIO may be about to read it, and takes it for a fault if there is nothing to read.
            if let instant, instant <= .now() { return }
            kernelTimer.set(for: moment)
        case .loop(let scheduled):
            if let instant, instant <= moment { return }
            scheduled?.cancel()
            let target = TimerTarget(timer: NIOLoopBound(self, eventLoop: loop))
            means = .loop(try? loop.scheduleCallback(at: moment.deadline, handler: target))
        }
        instant = moment
    }

    /// For good.
    func close() {
        switch means {
        case .descriptor(_, let channel): channel.close(promise: nil)
        case .loop(let scheduled): scheduled?.cancel()
        }
        (means, instant) = (.loop(nil), nil)
    }

    /// The descriptor is gone without our doing.
    func lostDescriptor() {
        guard case .descriptor(_, let channel) = means else { return }
        channel.close(promise: nil)
        let moment = instant
        (means, instant) = (.loop(nil), nil)
        if let moment { set(for: moment) }
    }

    fileprivate func hasFired() {
        guard instant != nil else { return }
        instant = nil
        fire()
    }
}

private struct TimerTarget: NIOScheduledCallbackHandler, Sendable {
    let timer: NIOLoopBound<DeadlineTimer>

    func handleScheduledCallback(eventLoop: some EventLoop) { timer.value.hasFired() }
}

/// Its channel: what is read says only that the moment has come.
private final class TimerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let timer: DeadlineTimer

    init(_ timer: DeadlineTimer) { self.timer = timer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { timer.hasFired() }

    func channelInactive(context: ChannelHandlerContext) { timer.lostDescriptor() }
}
