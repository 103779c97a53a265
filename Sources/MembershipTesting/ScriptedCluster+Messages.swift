public import Membership
internal import MembershipCore
import Synchronization

/// A message that the code under test has sent.
public struct SentMessage: Hashable, Sendable {
    /// The receiver; nil: all other members (`broadcast`).
    public let to: NodeID?
    /// The type.
    public let type: UInt16
    /// The bytes.
    public let payload: [UInt8]
    /// `.broadcast`, `.datagram` (`send`) or `.stream` (`deliver` and `request`).
    public let kind: Message.Kind
    /// Whether it is a request.
    public let wantsAnswer: Bool
}

// MARK: The script

extension ScriptedCluster {
    /// The messages that the code under test has sent so far, in their order. Those to this node itself
    /// are not among them: they arrive.
    public var sent: [SentMessage] { script.withLock(\.sent) }

    /// Other members answer requests and deliveries of one type like this from now on. Without an
    /// answer, deliveries of the type arrive, and requests throw `.noReader`.
    ///
    /// - Parameters:
    ///   - type: the type of the messages.
    ///   - answer: a `ClusterError` that it throws reaches the code under test as it is, for example
    ///     `.memberUnreachable`; any other error as `.refused`.
    public func answer(
        type: UInt16, with answer: @escaping @Sendable (SentMessage) async throws -> [UInt8]
    ) {
        script.withLock { $0.answers[type] = answer }
    }

    /// A message of another member arrives: for the readers of its type, or as an event if there are
    /// none. Returns false if nothing reads it, or all queues are full.
    ///
    /// - Parameters:
    ///   - payload: the bytes.
    ///   - type: the type of the message.
    ///   - name: the sender. It must live.
    ///   - kind: what the reader sees. A message that `serve` is to answer is an `ask`.
    @discardableResult
    public func receive(
        _ payload: [UInt8], type: UInt16 = 0, from name: NodeAlias,
        kind: Message.Kind = .datagram
    ) -> Bool {
        arrive(Message(from: living(name).id, type: type, payload: payload, kind: kind))
    }

    /// Another member asks this node, and gets the answer of what serves the type.
    ///
    /// - Parameters:
    ///   - payload: the bytes.
    ///   - type: the type of the message.
    ///   - name: the sender. It must live.
    ///   - limit: how long to wait while as many requests as `serve` allows are being answered.
    /// - Throws: `.noReader` if nothing serves the type, `.refused` if that throws or its answer is
    ///   above 1 MiB, `.messageTooLong` above 1 MiB, `.timedOut`, `.cancelled`, `.notRunning`.
    public func ask(
        _ payload: [UInt8], type: UInt16 = 0, from name: NodeAlias,
        within limit: Duration = .seconds(10)
    ) async throws(ClusterError) -> [UInt8] {
        let sender = living(name).id
        return try await serveOne(
            Message(from: sender, type: type, payload: payload, kind: .stream), within: limit)
    }

    private func living(_ name: NodeAlias) -> Member {
        guard let member = view[name] else {
            preconditionFailure("\(name) cannot send a message: no living member has this name")
        }
        return member
    }
}

// MARK: Calls of the code under test

extension ScriptedCluster {
    /// Messages that the script lets arrive. See `Cluster.messages`.
    public func messages(type: UInt16? = nil, capacity: Int = 256) -> ClusterMessages {
        ClusterMessages(messageBroadcaster, type: type, capacity: capacity)
    }

    /// Notes the message in `sent`.
    ///
    /// - Throws: `.messageTooLong` above 1,024 bytes, `.notRunning`.
    public func broadcast(type: UInt16, _ payload: [UInt8]) async throws(ClusterError) {
        try Self.check(payload, atMost: Bounds.userPayloadBytes)
        try note(.init(to: nil, type: type, payload: payload, kind: .broadcast, wantsAnswer: false))
    }

    /// Notes the message in `sent`. One to this node itself arrives.
    ///
    /// - Throws: `.messageTooLong` above 1,024 bytes, `.memberGone` if no living member has this id,
    ///   `.notRunning`.
    public func send(
        _ payload: [UInt8], type: UInt16 = 0, to member: NodeID
    ) async throws(ClusterError) {
        try Self.check(payload, atMost: Bounds.userPayloadBytes)
        try checkLiving(member)
        guard member != localMember.id else {
            arrive(Message(from: member, type: type, payload: payload, kind: .datagram))
            return
        }
        try note(
            .init(to: member, type: type, payload: payload, kind: .datagram, wantsAnswer: false))
    }

    /// Notes the message in `sent`; it has arrived, unless `answer` says otherwise. One to this node
    /// itself arrives. `limit` is not used.
    ///
    /// - Throws: `.messageTooLong` above 1 MiB, `.memberGone` if no living member has this id,
    ///   `.notRunning`, and what `answer` throws.
    public func deliver(
        _ payload: [UInt8], type: UInt16 = 0, to member: NodeID,
        within limit: Duration = .seconds(10)
    ) async throws(ClusterError) {
        try Self.check(payload, atMost: Bounds.streamedMessageBytes)
        try checkLiving(member)
        if member == localMember.id {
            let message = Message(from: member, type: type, payload: payload, kind: .stream)
            if script.withLock({ $0.servers[type] != nil }) {
                _ = try await serveOne(message, within: limit)
            } else if !arrive(message) {
                throw .noReader(type: type)
            }
            return
        }
        _ = try await call(
            .init(to: member, type: type, payload: payload, kind: .stream, wantsAnswer: false))
    }

    /// Notes the message in `sent`, and returns what `answer` says. One to this node itself is answered
    /// by what it serves. `limit` is not used for others.
    ///
    /// - Throws: `.messageTooLong` above 1 MiB, `.memberGone` if no living member has this id,
    ///   `.noReader` if there is no answer of the type, `.notRunning`, and what `answer` throws.
    public func request(
        _ payload: [UInt8], type: UInt16 = 0, of member: NodeID,
        within limit: Duration = .seconds(10)
    ) async throws(ClusterError) -> [UInt8] {
        try Self.check(payload, atMost: Bounds.streamedMessageBytes)
        try checkLiving(member)
        guard member != localMember.id else {
            return try await serveOne(
                Message(from: member, type: type, payload: payload, kind: .stream), within: limit)
        }
        let answer = try await call(
            .init(to: member, type: type, payload: payload, kind: .stream, wantsAnswer: true))
        guard let answer else { throw .noReader(type: type) }
        return answer
    }

    /// Answers each `ask` of one type until the task is cancelled or this node leaves.
    ///
    /// - Throws: `.typeServed` if something serves the type already, `.notRunning`.
    public func serve(
        type: UInt16, atOnce: Int = 16,
        _ answer: @escaping @Sendable (Message) async throws -> [UInt8]
    ) async throws(ClusterError) {
        precondition(atOnce > 0, "\(atOnce) messages cannot be answered at once")
        let (ends, end) = AsyncStream.makeStream(of: Never.self)
        let failure = script.withLock { script -> ClusterError? in
            guard !script.hasEnded else { return .notRunning }
            guard script.servers[type] == nil else { return .typeServed(type) }
            script.servers[type] = Script.Server(answer: answer, atOnce: atOnce, end: end)
            return nil
        }
        if let failure { throw failure }
        for await _ in ends {}
        script.withLock { $0.servers[type] = nil }
    }
}

// MARK: Details

extension ScriptedCluster {
    private static func check(_ payload: [UInt8], atMost bytes: Int) throws(ClusterError) {
        if payload.count > bytes { throw .messageTooLong(bytes: payload.count) }
    }

    private func checkLiving(_ member: NodeID) throws(ClusterError) {
        try checkRunning()
        if view[member]?.isLiving != true { throw .memberGone(member) }
    }

    private func note(_ message: SentMessage) throws(ClusterError) {
        try checkRunning()
        script.withLock { $0.sent.append(message) }
    }

    /// nil if nothing answers the type.
    private func call(_ message: SentMessage) async throws(ClusterError) -> [UInt8]? {
        try note(message)
        guard let answer = script.withLock({ $0.answers[message.type] }) else { return nil }
        do {
            return try await answer(message)
        } catch let error as ClusterError {
            throw error
        } catch {
            throw .refused
        }
    }

    /// For readers of its type, or as an event.
    @discardableResult
    private func arrive(_ message: Message) -> Bool {
        guard !hasLeft else { return false }
        let delivery = messageBroadcaster.publish(message)
        guard !delivery.hasReader else { return delivery.taken > 0 }
        let isRead = !broadcaster.pendingReads.isEmpty
        publish([]) { _ in
            .message(from: message.from, type: message.type, payload: message.payload)
        }
        return isRead
    }

    private func serveOne(
        _ message: Message, within limit: Duration
    ) async throws(ClusterError) -> [UInt8] {
        try checkRunning()
        try Self.check(message.payload, atMost: Bounds.streamedMessageBytes)
        var answer: (@Sendable (Message) async throws -> [UInt8])?
        try await poll(within: limit) { () throws(ClusterError) in
            let (server, isFree) = script.withLock { script in
                let server = script.servers[message.type]
                let isFree = server.map { $0.running < $0.atOnce } ?? false
                if isFree { script.servers[message.type]?.running += 1 }
                return (server, isFree)
            }
            guard let server else { throw .noReader(type: message.type) }
            answer = server.answer
            return isFree
        }
        defer { script.withLock { $0.servers[message.type]?.running -= 1 } }
        guard let bytes = try? await answer?(message), bytes.count <= Bounds.streamedMessageBytes
        else { throw .refused }
        return bytes
    }
}
