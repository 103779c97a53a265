import IridiumJSON
import IridiumNode
import Membership
import Synchronization

/// The changes that this node has seen since the server started: how often each kind, for rates in metrics,
/// and the latest ones, for readers that come later.
final class SeenChanges: Sendable {
    static let mostKept = 256

    private struct State {
        var counts: [ChangeOfMember.Kind: UInt64] = [:]
        var latest: [JSON] = []
    }

    private let state = Mutex(State())

    /// Takes note until the cluster ends; the state at the start is not a change.
    func follow(_ node: Node) async {
        guard let cluster = await node.runningCluster else { return }
        var follower = ChangeFollower()
        for await event in cluster.events {
            for change in follower.changes(in: event) where !change.isSnapshot {
                note(change, json: change.json(observer: node.name))
            }
        }
    }

    private func note(_ change: ChangeOfMember, json: JSON?) {
        state.withLock { state in
            state.counts[change.kind, default: 0] += 1
            guard let json else { return }
            if state.latest.count >= Self.mostKept { state.latest.removeFirst() }
            state.latest.append(json)
        }
    }

    func count(of kind: ChangeOfMember.Kind) -> UInt64 {
        state.withLock { $0.counts[kind] ?? 0 }
    }

    /// One `iridium.event/1` each, oldest first.
    var latest: [JSON] { state.withLock { $0.latest } }
}
