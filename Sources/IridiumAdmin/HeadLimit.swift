import IridiumJSON
import NIOCore
import NIOHTTP1

/// Ends a connection whose request line and header fields are longer than a bound, with 431.
///
/// It counts what arrives until the handler behind it has answered, so a pipelined second request
/// counts too: a client that pipelines within the bound is served, and any other is closed.
final class HeadLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The work of the handler behind.
    enum Stage {
        case reading
        /// It answers a request.
        case answering
        /// It has refused one, or this handler has: nothing more is read, and the connection ends.
        case refused
    }

    private let limit: Int
    private var received = 0
    var stage = Stage.reading {
        didSet { received = 0 }
    }

    init(bytes: Int) { limit = bytes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard stage != .refused else { return }
        var buffer = unwrapInboundIn(data)
        let room = limit - received
        received += buffer.readableBytes
        guard buffer.readableBytes > room else { return context.fireChannelRead(data) }
        // A whole head may be at the beginning.
        if let beginning = buffer.readSlice(length: room) {
            context.fireChannelRead(wrapInboundOut(beginning))
        }
        switch stage {
        case .reading: refuse(context)
        case .answering: context.close(promise: nil)
        case .refused: break
        }
    }

    /// The encoder of answers is behind this handler, so the text is made here.
    private func refuse(_ context: ChannelHandlerContext) {
        stage = .refused
        let response = AdminResponse.failure(
            .requestHeaderFieldsTooLarge,
            "the request line and the header fields are longer than \(limit) bytes",
            try: "a shorter request")
        let head =
            ["HTTP/1.1 431 Request Header Fields Too Large"]
            + response.headers(keeping: false).map { "\($0.name): \($0.value)" }
        let text = head.joined(separator: "\r\n") + "\r\n\r\n" + response.body
        context.writeAndFlush(
            wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
        context.close(mode: .output, promise: nil)
    }
}
