import NIOCore

/// Ends a connection whose request line and header fields are longer than a bound.
///
/// It counts what arrives until the handler behind it has answered, so a pipelined second request
/// counts too: a client that pipelines within the bound is served.
final class HeadLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: Int
    private var received = 0

    init(bytes: Int) { limit = bytes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        guard received <= limit else { return context.close(promise: nil) }
        context.fireChannelRead(data)
    }

    /// The handler behind has answered a request.
    func answered() { received = 0 }
}
