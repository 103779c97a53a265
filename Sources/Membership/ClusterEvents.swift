/// What happens in the cluster, as an asynchronous sequence.
///
/// Every iteration is a subscription of its own: it starts with a snapshot and then sees each
/// change. A reader that is slow is told how much it missed and given a new snapshot; the protocol
/// never waits for it. The sequence ends when the cluster has stopped; in a task of a `ServiceGroup`
/// (trait `ServiceLifecycle`) when that task has been told to shut down as well, because a service that
/// ends before it is told to breaks the shutdown of all others.
public struct ClusterEvents: AsyncSequence, Sendable {
    /// What is delivered.
    public typealias Element = ClusterEvent
    /// Nothing is thrown.
    public typealias Failure = Never

    private let broadcast: EventBroadcast

    init(_ broadcast: EventBroadcast) { self.broadcast = broadcast }

    /// Subscribes.
    public func makeAsyncIterator() -> Iterator { Iterator(broadcast.subscribe()) }

    /// One subscription. Ends when the cluster stops or the task is cancelled.
    public struct Iterator: AsyncIteratorProtocol {
        private let subscription: EventSubscription

        init(_ subscription: EventSubscription) { self.subscription = subscription }

        /// The next event, or nil at the end.
        public func next() async -> ClusterEvent? {
            if let event = await subscription.next() { return event }
            await serviceMayEnd()
            return nil
        }

        /// The next event, or nil at the end; stays with the caller's actor.
        public func next(isolation actor: isolated (any Actor)?) async -> ClusterEvent? {
            if let event = await subscription.next(isolation: actor) { return event }
            await serviceMayEnd()
            return nil
        }
    }
}
