import LibC
package import NIOCore
import NIOPosix

/// Stops accepting for a second where this process can open no file: a caller that waits would
/// otherwise wake it without end, for the kernel says at once that the socket can be read.
///
/// (NIO's own `AcceptBackoffHandler` puts off the next read, and leaves the socket registered for
/// reading after one that failed.)
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = Channel

    private static let pause = TimeAmount.seconds(1)
    /// Of a file, of the system's files, of its memory.
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
