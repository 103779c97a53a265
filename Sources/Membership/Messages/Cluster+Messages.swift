internal import MembershipCore

/// Messages of the application.
extension Cluster {
    /// Future messages to this member, and to all. Each iteration is a separate subscription; it ends
    /// when the cluster stops. Broadcasts and datagrams of a type that no subscription reads are
    /// events: see `ClusterEvent.message`.
    ///
    /// ```swift
    /// for await element in cluster.messages(type: 7) {
    ///     guard case .message(let message) = element else { continue }
    ///     print("\(message.from): \(message.payload.count) bytes")
    /// }
    /// ```
    /// - Parameters:
    ///   - type: the type of messages to deliver; nil: all types.
    ///   - capacity: the number of messages by which the reader may be behind, at least 1. Further
    ///     messages are lost, and the reader gets their number: `.lost`.
    public func messages(type: UInt16? = nil, capacity: Int = 256) -> ClusterMessages {
        ClusterMessages(messageBroadcaster, type: type, capacity: capacity)
    }

    /// Sends a message of the application to all other members. Best effort: each receiver sees it
    /// at most once, in no particular order.
    ///
    /// All members together can send about 20 messages of 1,024 bytes a second, or 300 of 32 bytes,
    /// because each message visits every member several times.
    ///
    /// - Throws: `.messageTooLong` above 1,024 bytes; `.congested` while 256 messages of this member wait, which
    ///   passes in less than a second; `.notRunning`.
    public func broadcast(type: UInt16, _ payload: [UInt8]) async throws(ClusterError) {
        try Self.check(payload)
        try await throwing { runner in
            guard runner.node.ownMessagesWaiting < NodeRunner.ownMessagesAtOnce else {
                return .congested
            }
            runner.feed(.broadcast(type: type, payload: payload))
            return nil
        }
    }

    /// Sends a message of the application to one member, as one datagram. Best effort: it arrives at
    /// most once, in no particular order. A member may also send to itself. There is no confirmation:
    /// if the application needs one, it must send an answer.
    ///
    /// - Throws: `.messageTooLong` above 1,024 bytes; `.memberGone` if no living member has this id; `.congested`
    ///   above 1,000 messages a second, or 100 a second to one member; `.notRunning`.
    public func send(
        _ payload: [UInt8], type: UInt16 = 0, to member: NodeID
    ) async throws(ClusterError) {
        try Self.check(payload)
        try await throwing { $0.send(payload, type: type, to: member) }
    }

    private static func check(_ payload: [UInt8]) throws(ClusterError) {
        guard payload.count <= Bounds.userPayloadBytes else {
            throw .messageTooLong(bytes: payload.count)
        }
    }

    /// Runs `body` on the loop of the running node, and throws the error that it returns.
    private func throwing(
        _ body: @escaping @Sendable (NodeRunner) -> ClusterError?
    ) async throws(ClusterError) {
        let error = await handle?.get { runner in
            runner.lifecycle == .running ? body(runner) : .notRunning
        }
        // The loop is gone, or there never was one.
        guard let error else { throw .notRunning }
        if let error { throw error }
    }
}
