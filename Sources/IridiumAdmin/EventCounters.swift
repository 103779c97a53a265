import IridiumNode
import Membership
import Synchronization

/// How often each kind of change has been seen, for rates in metrics.
final class EventCounters: Sendable {
    private let counts = Mutex<[ChangeOfMember.Kind: UInt64]>([:])

    /// Counts until the cluster ends; the state at the start is not a change.
    func follow(_ node: Node) async {
        guard let cluster = await node.runningCluster else { return }
        var follower = ChangeFollower()
        for await event in cluster.events {
            for change in follower.changes(in: event) where !change.isSnapshot {
                counts.withLock { $0[change.kind, default: 0] += 1 }
            }
        }
    }

    func count(of kind: ChangeOfMember.Kind) -> UInt64 { counts.withLock { $0[kind] ?? 0 } }
}
