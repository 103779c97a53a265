/// The events of the cluster, as an asynchronous sequence.
///
/// Every iteration is a separate subscription: it starts with a snapshot and then delivers each
/// change. A slow reader gets the number of lost events and a new snapshot; the protocol never
/// waits for it. The sequence ends when the cluster has stopped. In a task of a `ServiceGroup`
/// (trait `ServiceLifecycle`) it also ends when the group shuts that task down, because a service
/// that ends before its shutdown breaks the shutdown of all others.
public struct ClusterEvents: AsyncSequence, Sendable {
    /// The elements.
    public typealias Element = ClusterEvent
    /// The sequence throws no errors.
    public typealias Failure = Never

    private let broadcast: EventBroadcast

    package init(_ broadcast: EventBroadcast) { self.broadcast = broadcast }

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
