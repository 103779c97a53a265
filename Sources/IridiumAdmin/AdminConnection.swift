import NIOCore
import NIOHTTP1

/// One connection: parts of a request in, an answer of the router out.
///
/// A request that does not arrive whole in time ends the connection. Nothing here takes a body, so a
/// request with one is refused at its head: the answer does not wait for the body.
final class AdminConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let router: AdminRouter
    private var head: HTTPRequestHead?
    private var deadline: Scheduled<Void>?
    /// Number of requests that have come.
    private var requests = 0
    private var work: Task<Void, Never>?

    init(router: AdminRouter) { self.router = router }

    func handlerAdded(context: ChannelHandlerContext) { expectRequest(context) }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        work?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard let refusal = AdminRouter.refusal(atOnce: head) else {
                self.head = head
                return
            }
            refuse(head, by: refusal, context)
        case .body: if head != nil { context.close(promise: nil) }
        case .end: if head != nil { answer(context) }
        }
    }

    /// Answers before the rest of the request has come. Later bytes are dropped until the client
    /// closes the connection or its time is up: a connection that is closed with unread bytes may lose
    /// the answer.
    private func refuse(
        _ head: HTTPRequestHead, by refusal: AdminResponse, _ context: ChannelHandlerContext
    ) {
        setStage(.refused, context)
        let channel = context.channel
        work = Task {
            _ = await refusal.write(to: channel, answering: head, isLast: true)
            channel.close(mode: .output, promise: nil)
        }
    }

    private func setStage(_ stage: HeadLimit.Stage, _ context: ChannelHandlerContext) {
        let limit = try? context.pipeline.syncOperations.handler(type: HeadLimit.self)
        // A refusal is final.
        if limit?.stage != .refused { limit?.stage = stage }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// The next request must come in time.
    private func expectRequest(_ context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: AdminServer.patience) {
            channel.close(promise: nil)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let head else { return context.close(promise: nil) }
        self.head = nil
        deadline?.cancel()
        requests += 1
        let number = requests
        setStage(.answering, context)
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let (channel, router) = (context.channel, self.router)
        work = Task {
            switch await router.answer(to: head) {
            case .whole(let response):
                let isKept = await response.write(to: channel, answering: head)
                channel.eventLoop.execute {
                    guard isKept else { return bound.value.close(promise: nil) }
                    // The next one may have come while this one was answered.
                    guard connection.value.requests == number else { return }
                    connection.value.setStage(.reading, bound.value)
                    connection.value.expectRequest(bound.value)
                }
            case .events(let stream):
                await stream.write(to: channel, version: head.version)
                channel.close(promise: nil)
            }
        }
    }
}
