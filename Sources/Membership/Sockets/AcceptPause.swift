import LibC
package import NIOCore
import NIOPosix

/// Stops accepting for a second if this process can open no file. Otherwise a waiting caller would
/// wake it without end, because the kernel reports at once that the socket can be read.
///
/// (NIO's own `AcceptBackoffHandler` delays the next read, but leaves the socket registered for
/// reading after a failed one.)
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = Channel

    private static let pause = TimeAmount.seconds(1)
    /// The limit of the process's files, of the system's files, and of memory.
    private static let limits: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private let onLimit: () -> Void
    private var isPausing = false

    /// `onLimit` is called each time, on the channel's loop.
    package init(onLimit: @escaping () -> Void = {}) { self.onLimit = onLimit }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.limits.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        onLimit()
        guard !isPausing else { return }
        isPausing = true
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isPausing = false
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
        }
    }
}
