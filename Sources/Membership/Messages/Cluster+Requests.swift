internal import MembershipCore

/// Messages that arrive whole or end in an error, and answers to them: by stream, sealed for the process that
/// this node knows.
extension Cluster {
    /// Delivers a message to one member and returns when its node has queued it for what reads the type: a
    /// subscription of `messages`, what `serve` runs, or one of `events`. At most once.
    ///
    /// A receiver without a place for it says so, and the message is offered again after 50, 100, 200 ms and
    /// so on, until the time is over.
    ///
    /// - Parameters:
    ///   - payload: at most 1 MiB.
    ///   - type: a number by which the program distinguishes its messages.
    ///   - member: the receiver; this member itself is possible.
    ///   - limit: of all tries together, at most 30 s for each of them.
    /// - Throws: `.messageTooLong` above 1 MiB, `.memberGone`, `.memberOutdated`, `.memberUnreachable`,
    ///   `.noReader`, `.refused`, `.timedOut`, `.cancelled`, `.notRunning`. After `.memberUnreachable` and
    ///   `.timedOut` the message may have arrived.
    public func deliver(
        _ payload: [UInt8], type: UInt16 = 0, to member: NodeID,
        within limit: Duration = .seconds(10)
    ) async throws(ClusterError) {
        _ = try await call(payload, type: type, member, within: limit)
    }

    /// Asks one member and returns the answer of what serves the type there: see `serve`. At most once.
    ///
    /// - Parameters:
    ///   - payload: at most 1 MiB.
    ///   - type: a number by which the program distinguishes its messages.
    ///   - member: the member to ask; this member itself is possible.
    ///   - limit: of all tries together, at most 30 s for each of them.
    /// - Throws: as `deliver`; `.noReader` if nothing serves the type.
    public func request(
        _ payload: [UInt8], type: UInt16 = 0, of member: NodeID,
        within limit: Duration = .seconds(10)
    ) async throws(ClusterError) -> [UInt8] {
        let answer = try await call(payload, type: type, member, within: limit)
        guard let answer else { throw .noReader(type: type) }
        return answer
    }

    /// Answers messages of one type until the task is cancelled or the cluster stops.
    ///
    /// ```swift
    /// try await cluster.serve(type: 7) { message in
    ///     Array("hello, \(message.from)".utf8)
    /// }
    /// ```
    /// - Parameters:
    ///   - type: of `deliver` and `request`; broadcasts and datagrams go to `messages`.
    ///   - atOnce: messages that are being answered at one time, at least 1. Messages beyond that are offered
    ///     again later by their senders, so a slow server costs its callers time, and no memory here. One
    ///     other member gets a quarter of them: two if that is more, then at most half, and at least one.
    ///     A message counts until `answer` returns, even if its sender has given up.
    ///   - answer: at most 1 MiB, within 30 s. An error that it throws reaches the caller as `.refused`.
    /// - Throws: `.typeServed` if something serves the type already, `.notRunning`.
    public func serve(
        type: UInt16, atOnce: Int = 16,
        _ answer: @escaping @Sendable (Message) async throws -> [UInt8]
    ) async throws(ClusterError) {
        precondition(atOnce > 0, "\(atOnce) messages cannot be answered at once")
        guard let handle = await handle else { throw .notRunning }
        let (requests, continuation) = AsyncStream.makeStream(of: ServedRequest.self)
        let isServed = await handle.get { $0.serve(type, atOnce: atOnce, continuation) }
        guard isServed == true else {
            throw await self.handle == nil ? .notRunning : .typeServed(type)
        }
        await withDiscardingTaskGroup { group in
            for await request in requests {
                group.addTask { request.answer(try? await answer(request.message)) }
            }
            group.cancelAll()
        }
        _ = await handle.get { $0.stopServing(type) }
    }

    /// Until it is delivered, refused or too late; nil where nothing serves the type and the message was read.
    private func call(
        _ payload: [UInt8], type: UInt16, _ member: NodeID, within limit: Duration
    ) async throws(ClusterError) -> [UInt8]? {
        guard payload.count <= Bounds.streamedMessageBytes else {
            throw .messageTooLong(bytes: payload.count)
        }
        guard let handle = await handle else { throw .notRunning }
        let deadline = ContinuousClock.now + max(.zero, limit)
        var pause = Duration.milliseconds(50)
        while true {
            let left = deadline - .now
            guard left > .zero else { throw .timedOut(view) }
            switch await handle.talk(to: member, payload, type: type, within: left) {
            case .done(let answer): return answer
            case .ended(.busy):
                do {
                    try await Task.sleep(for: min(pause, left))
                } catch {
                    throw .cancelled
                }
                pause = min(pause * 2, .seconds(1))
            case .ended(.noHandler): throw .noReader(type: type)
            case .ended(.tooLong): throw .messageTooLong(bytes: payload.count)
            case .ended(.applicationRefused): throw .refused
            case .ended(.leaving), .gone: throw .memberGone(member)
            case .ended(.version): throw .memberOutdated(member)
            case .ended, .failed: throw .memberUnreachable(member)
            case .timedOut: throw .timedOut(view)
            case .cancelled: throw .cancelled
            case .stopped: throw .notRunning
            }
        }
    }
}
