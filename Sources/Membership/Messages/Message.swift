/// A message of the application, as this member received it.
public struct Message: Hashable, Sendable {
    /// The sender. It is proved by its signature on a broadcast, and by the keys of the two processes
    /// on a datagram and a stream.
    public let from: NodeID
    /// A number by which programs distinguish their messages, below 65,280: the others are those of Iridium's
    /// agents.
    public let type: UInt16
    /// At most 1,024 bytes; 1 MiB if it came by stream.
    public let payload: [UInt8]
    /// How it travelled.
    public let kind: Kind

    /// How a message travels.
    @nonexhaustive
    public enum Kind: String, Hashable, Sendable {
        /// As gossip to all members: `Cluster.broadcast`.
        case broadcast
        /// To this member alone: `Cluster.send`.
        case datagram
        /// To this member alone, whole: `Cluster.deliver` and `Cluster.request`.
        case stream
    }

    /// The first type of agents. A message by stream of these types reaches what serves its type, and no reader.
    package static let firstAgentType: UInt16 = 65_280

    package init(from sender: NodeID, type: UInt16, payload: [UInt8], kind: Kind) {
        from = sender
        self.type = type
        self.payload = payload
        self.kind = kind
    }
}

/// Messages as an asynchronous sequence: see `Cluster.messages`.
///
/// Every iteration is a subscription with a queue, apart from that of `Cluster.events`: a reader that is
/// slow on messages misses no event. The sequence ends when the cluster has stopped.
public struct ClusterMessages: AsyncSequence, Sendable {
    /// A message, or a gap.
    @nonexhaustive
    public enum Element: Hashable, Sendable {
        /// A message, in the order in which this member received it.
        case message(Message)
        /// This many messages are missing here, because the queue was full.
        case lost(Int)
    }

    /// The sequence throws no errors.
    public typealias Failure = Never

    private let broadcast: MessageBroadcast
    private let type: UInt16?
    private let capacity: Int

    package init(_ broadcast: MessageBroadcast, type: UInt16?, capacity: Int) {
        self.broadcast = broadcast
        self.type = type
        self.capacity = capacity
    }

    /// Subscribes.
    public func makeAsyncIterator() -> Iterator {
        Iterator(broadcast.subscribe(type: type, capacity: capacity))
    }

    /// One subscription. Ends when the cluster stops or the task is cancelled.
    public struct Iterator: AsyncIteratorProtocol {
        private let subscription: MessageSubscription

        init(_ subscription: MessageSubscription) { self.subscription = subscription }

        /// The next message, or nil at the end.
        public func next() async -> Element? { await next(isolation: #isolation) }

        /// The next message, or nil at the end; stays with the caller's actor.
        public func next(isolation actor: isolated (any Actor)?) async -> Element? {
            if let element = await subscription.next(isolation: actor) { return element }
            await serviceMayEnd()
            return nil
        }
    }
}
