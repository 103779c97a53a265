internal import MembershipCore
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

/// Knocking: a connection that is opened only to learn whether the other machine refuses it, and closed.
///
/// A refusal is ECONNREFUSED and nothing else. Whatever keeps us from asking (no route, no
/// descriptors, no time) is no answer.
extension NodeRunner {
    func knock(_ id: KnockID, at endpoint: Endpoint, within patience: Duration) {
        let family = SocketFamily(reaching: endpoint.address)
        guard let address = SocketAddress(endpoint, for: family),
            settings.faults?.blocks(endpoint) != true
        else { return answer(id, .none, after: patience) }
        let runner = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(patience))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { channel.closeOnExec() }
            }
            .connect(to: address)
            .whenComplete { result in
                let answer = KnockAnswer(result)
                if case .success(let channel) = result { channel.close(promise: nil) }
                runner.value.feed(.knocked(id, answer))
            }
    }

    private func answer(_ id: KnockID, _ answer: KnockAnswer, after pause: Duration) {
        let runner = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: TimeAmount(pause)) { runner.value.feed(.knocked(id, answer)) }
    }
}

extension KnockAnswer {
    fileprivate init(_ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            // On loopback a call to a free port can reach itself. No other process is there.
            let isItself = channel.localAddress == channel.remoteAddress
            self = isItself ? .refused : .accepted
        case .failure(let error as IOError) where error.errnoCode == ECONNREFUSED:
            self = .refused
        case .failure: self = .none
        }
    }
}
