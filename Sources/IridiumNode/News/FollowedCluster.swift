import Membership
import Synchronization

/// The members that the events of one cluster have told of: one task takes the events, and any thread reads
/// the names.
///
/// Names are sorted when they are read. They are read when a user presses a key, and events come with every
/// change in the cluster.
final class FollowedCluster: Sendable {
    private let follower = Mutex(ChangeFollower())

    /// The news in one event.
    func take(_ event: ClusterEvent) -> (changes: [ChangeOfMember], message: MessageOfMember?) {
        follower.withLock { ($0.changes(in: event), $0.message(in: event)) }
    }

    /// The names of all members, sorted.
    var names: [String] { follower.withLock { $0 }.names }
    var count: Int { follower.withLock { $0.count } }
}
