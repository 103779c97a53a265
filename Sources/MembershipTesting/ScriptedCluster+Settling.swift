public import Membership
import Synchronization

/// Waiting for the code under test, which runs in separate tasks.
extension ScriptedCluster {
    /// Waits until the code under test has handled everything that the script has done: each of its
    /// readers has come back for more, and there is no more.
    ///
    /// ```swift
    /// let cluster = ScriptedCluster("a")
    /// let reading = Task { for await event in cluster.events { print(event) } }
    /// try await cluster.settle()     // it reads
    /// cluster.join("b")
    /// try await cluster.settle()     // it has handled the arrival
    /// reading.cancel()
    /// ```
    /// - Parameters:
    ///   - readers: the number of readers to wait for, at least: subscriptions of `events`, `messages`
    ///     and `stateChanges`, and calls of `serve`. A reader that has not begun to read is not there
    ///     yet, and will begin with a snapshot.
    ///   - limit: how long to wait. This is for code that does not come back.
    /// - Throws: `.timedOut`, `.cancelled`.
    public func settle(
        readers: Int = 1, within limit: Duration = .seconds(10)
    ) async throws(ClusterError) {
        try await poll(within: limit) { () throws(ClusterError) in
            let reads =
                broadcaster.pendingReads + messageBroadcaster.pendingReads
                + board.pendingReads
            let (serving, isAnswering) = script.withLock { script in
                (script.servers.count, script.servers.values.contains { $0.running > 0 })
            }
            return !isAnswering && reads.count + serving >= readers && reads.allSatisfy { $0 }
        }
    }

    /// Looks again as often as other tasks have had a turn, and later once a millisecond.
    func poll(
        within limit: Duration, until isDone: () throws(ClusterError) -> Bool
    ) async throws(ClusterError) {
        let deadline = ContinuousClock.now + limit
        var turns = 0
        while try !isDone() {
            if Task.isCancelled { throw .cancelled }
            guard ContinuousClock.now < deadline else { throw .timedOut(view) }
            turns += 1
            if turns < Self.quickTurns {
                await Task.yield()
            } else {
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    private static let quickTurns = 200
}
