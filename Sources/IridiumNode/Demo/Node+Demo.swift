package import IridiumShell
import Membership
import Synchronization

/// The part of a node that is n1 of a demo.
extension Node {
    /// Starts the cluster and all other members of the demo, and returns when n1 knows them all.
    /// Their joins are not reported one by one.
    ///
    /// - Returns: the time it took.
    package func startDemo() async throws(IridiumError) -> Duration {
        guard let demo = settings.demo else { throw .noDemo }
        let begun = ContinuousClock.now
        news.isJoining = true
        defer { endJoining(nil) }
        let seed = try await startCluster().address
        do throws(ClusterError) {
            try await demo.form(around: seed) { [weak self] text in
                Task { await self?.tell(note: text) }
            }
        } catch {
            throw words(for: error)
        }
        await waitForMembers(besides: demo.names.count - 1)
        return ContinuousClock.now - begun
    }

    private func tell(note: String) { tell(.note(note)) }

    /// Waits until `count` other members are known, or the cluster has stopped.
    private func waitForMembers(besides count: Int) async {
        guard followed.withLock({ $0 }).count < count else { return }
        await withCheckedContinuation { news.crowd.await(count, $0) }
    }
}

/// A caller that waits until enough members are known.
struct Crowd: Sendable {
    private var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?

    mutating func await(_ count: Int, _ continuation: CheckedContinuation<Void, Never>) {
        waiter?.continuation.resume()
        waiter = (count, continuation)
    }

    mutating func heard(of count: Int) {
        guard let waiter, waiter.count <= count else { return }
        self.waiter = nil
        waiter.continuation.resume()
    }
}
