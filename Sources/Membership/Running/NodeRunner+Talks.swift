internal import MembershipCore
import MembershipWire
import NIOCore

/// Messages by stream: whole, with an answer, and with a place kept for each: a server that has no place says
/// "busy", and the caller comes again.
extension NodeRunner {
    // MARK: Our calls

    /// Sends a message; `conclude` is called once, on the loop.
    func call(
        _ member: NodeID, _ message: [UInt8], type: UInt16, within limit: Duration,
        conclude: @escaping (Talks.Outcome) -> Void
    ) -> UInt64 {
        let attempt = talks.nextAttempt()
        guard lifecycle == .running else {
            conclude(.stopped)
            return attempt
        }
        let runner = NIOLoopBound(self, eventLoop: loop)
        let timeout = loop.scheduleTask(in: TimeAmount(limit)) {
            runner.value.drop(call: attempt, .timedOut)
        }
        talks.requests[attempt] = Talks.PendingRequest(
            message: message, type: type, timeout: timeout, conclude: conclude)
        if member == node.ownRecord.id {
            callOurselves(attempt, message, type)
        } else {
            feed(.talk(.call(member, attempt: attempt)))
        }
        return attempt
    }

    /// Nothing waits for this call any more.
    func drop(call attempt: UInt64, _ outcome: Talks.Outcome) {
        guard talks.requests[attempt] != nil else { return }
        conclude(attempt, outcome)
        feed(.talk(.drop(attempt: attempt)))
    }

    private func conclude(_ attempt: UInt64, _ outcome: Talks.Outcome) {
        guard let call = talks.requests.removeValue(forKey: attempt) else { return }
        for (stream, owner) in talks.attempts where owner == attempt {
            talks.attempts[stream] = nil
        }
        call.timeout.cancel()
        call.conclude(outcome)
    }

    private func callOurselves(_ attempt: UInt64, _ bytes: [UInt8], _ type: UInt16) {
        let message = Message(from: node.ownRecord.id, type: type, payload: bytes, kind: .stream)
        let code = dispatch(message) { runner, answer in
            runner.conclude(attempt, answer.map { .done($0) } ?? .ended(.applicationRefused))
        }
        guard let code else { return }
        conclude(attempt, code == .done ? .done(nil) : .ended(code))
    }

    // MARK: News from the core

    func receive(_ news: TalkNews) {
        switch news {
        case .began(let stream, let attempt):
            guard let call = talks.requests[attempt] else {
                return feed(.talk(.drop(attempt: attempt)))
            }
            talks.attempts[stream] = attempt
            write(call.message, type: call.type, on: stream)
        case .ended(let attempt, let end): conclude(attempt, outcome(of: end, attempt))
        case .called(let stream, let member):
            talks.callers[stream] = Talks.Caller(member: member)
        case .callerGone(let stream): talks.callers[stream] = nil
        case .data(let stream, let part):
            if let attempt = talks.attempts[stream] {
                takeAnswer(part, to: attempt)
            } else {
                takeMessage(part, on: stream)
            }
        }
    }

    private func outcome(of end: TalkEnd, _ attempt: UInt64) -> Talks.Outcome {
        switch end {
        case .gone: return .gone
        case .failed: return .failed
        case .ended(.done):
            guard let answer = talks.requests[attempt]?.answer else { return .done(nil) }
            return answer.isWhole ? .done(answer.bytes) : .failed
        case .ended(let code): return .ended(code)
        }
    }

    private func write(_ message: [UInt8], type: UInt16, on stream: StreamID) {
        for part in StreamMessage.DataPart.parts(of: message, applicationType: type) {
            streams[stream]?.write(.data(part))
        }
    }

    private func takeAnswer(_ part: StreamMessage.DataPart, to attempt: UInt64) {
        guard var call = talks.requests[attempt] else { return }
        talks.requests[attempt] = nil
        let isNext = add(part, to: &call.answer) && call.answer?.isTooLong == false
        talks.requests[attempt] = call
        if !isNext { drop(call: attempt, .failed) }
    }

    private func takeMessage(_ part: StreamMessage.DataPart, on stream: StreamID) {
        guard var caller = talks.callers.removeValue(forKey: stream) else { return }
        let isNext = add(part, to: &caller.message)
        talks.callers[stream] = caller
        guard isNext, let message = caller.message else {
            return answer(stream, .protocolViolation)
        }
        guard !message.isTooLong else { return answer(stream, .tooLong) }
        guard message.isWhole else { return }
        let whole = Message(
            from: caller.member, type: message.type, payload: message.bytes, kind: .stream)
        let code = dispatch(whole) { runner, bytes in runner.reply(bytes, on: stream) }
        if let code { answer(stream, code) }
    }

    private func reply(_ bytes: [UInt8]?, on stream: StreamID) {
        guard let caller = talks.callers[stream] else { return }
        guard let bytes else { return answer(stream, .applicationRefused) }
        write(bytes, type: caller.message?.type ?? 0, on: stream)
        answer(stream, .done)
    }

    private func answer(_ stream: StreamID, _ code: StreamEndCode) {
        talks.callers[stream] = nil
        feed(.talk(.answer(stream, code)))
    }

    // MARK: Handlers and readers

    /// Gives a message to the handler of its type, or to the readers of it. The result is nil if a handler has
    /// it: its answer comes later by `reply`.
    private func dispatch(
        _ message: Message, reply: @escaping @Sendable (NodeRunner, [UInt8]?) -> Void
    ) -> StreamEndCode? {
        guard var server = talks.servers[message.type] else { return deliverWhole(message) }
        let (caller, type) = (message.from, message.type)
        guard server.begin(for: caller, isOwn: caller == node.ownRecord.id) else { return .busy }
        talks.servers[type] = server
        let (runner, loop) = (NIOLoopBound(self, eventLoop: loop), loop)
        server.requests.yield(
            ServedRequest(message: message) { bytes in
                let isShort = bytes.map { $0.count <= Bounds.streamedMessageBytes } ?? true
                loop.execute {
                    runner.value.talks.servers[type]?.end(for: caller)
                    reply(runner.value, isShort ? bytes : nil)
                }
            })
        return nil
    }

    /// To readers of its type, or of events.
    private func deliverWhole(_ message: Message) -> StreamEndCode {
        guard message.type < Message.firstAgentType else { return .noHandler }
        let delivery = messages.publish(message)
        if delivery.taken > 0 { return .done }
        guard !delivery.hasReader else { return .busy }
        guard events.readerCount > 0 else { return .noHandler }
        tell(.message(from: message.from, type: message.type, payload: message.payload))
        return .done
    }

    /// False if the type is served already, or the node does not run.
    func serve(
        _ type: UInt16, atOnce: Int, _ requests: AsyncStream<ServedRequest>.Continuation
    ) -> Bool {
        guard lifecycle == .running, talks.servers[type] == nil else { return false }
        talks.servers[type] = Talks.Server(atOnce: atOnce, requests: requests)
        return true
    }

    func stopServing(_ type: UInt16) { talks.servers[type] = nil }

    /// The node stops: all calls end, and so do those that serve.
    func endTalks() {
        for attempt in talks.requests.keys.sorted() { conclude(attempt, .stopped) }
        for server in talks.servers.values { server.requests.finish() }
        talks = Talks()
    }

    /// Adds a part; false if it does not belong there.
    private func add(_ part: StreamMessage.DataPart, to message: inout MessageParts?) -> Bool {
        guard message != nil else {
            message = MessageParts(part)
            return message != nil
        }
        return message?.append(part) ?? false
    }
}
