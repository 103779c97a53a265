/// A change of what the members publish.
@nonexhaustive
public enum StateChange: Equatable, Sendable {
    /// The values of all members. The first element of every subscription.
    case snapshot(MemberStates)
    /// A member has set a value.
    case set(NodeID, key: String, value: [UInt8])
    /// A member has removed a value.
    case removed(NodeID, key: String)
    /// A member publishes nothing any more: it is dead, has left, or has restarted.
    case gone(NodeID)
}

/// The changes of `Cluster.stateChanges`. It ends when the cluster stops.
///
/// A slow reader loses no state: it gets the difference between what it has seen of a member and what that member
/// publishes now, so several changes of one key become one. The memory that a reader takes is bounded by the states.
public struct StateChanges: AsyncSequence, Sendable {
    private let board: StateBoard
    private let prefix: String

    package init(_ board: StateBoard, prefix: String) {
        self.board = board
        self.prefix = prefix
    }

    /// A new subscription.
    public func makeAsyncIterator() -> Iterator {
        Iterator(subscription: board.subscribe(prefix: prefix))
    }

    /// One subscription. Its end, or that of the task which reads it, ends it.
    public struct Iterator: AsyncIteratorProtocol {
        let subscription: StateSubscription

        /// The next change; nil when the cluster has stopped or the task is cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async -> StateChange? {
            await subscription.next(isolation: actor)
        }
    }
}
