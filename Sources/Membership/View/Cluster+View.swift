extension Cluster {
    /// This node's present view. Costs a lock of nanoseconds; see `members`.
    public var view: ClusterView { published.view }

    /// Waits until the view satisfies a condition, and returns that view. Returns at once if it
    /// already does.
    ///
    /// The condition is checked again when members, tags or agreement have changed; nothing is
    /// polled. The call may come before `start`, and then waits for the cluster to run.
    ///
    /// - Parameters:
    ///   - limit: how long to wait; nil: as long as the cluster runs. Zero checks once.
    ///   - condition: called on the caller's task, perhaps for many views; it should be quick.
    /// - Throws: `.timedOut` with the last view, `.cancelled` if the task was cancelled, `.notRunning`
    ///   if the cluster has stopped. Nothing of the call remains in any of these cases.
    @discardableResult
    public func waitUntil(
        within limit: Duration? = nil, _ condition: (ClusterView) -> Bool
    ) async throws(ClusterError) -> ClusterView {
        try await published.waitUntil(within: limit, on: loopForTimers, condition)
    }
}

extension ClusterMembership {
    /// Waits until this many members live, this one included, and by default until the views of
    /// those heard from agree. Then all of them answer questions of placement alike.
    ///
    /// - Throws: as the other `waitUntil`.
    @discardableResult
    public func waitUntil(
        living count: Int, agreeing: Bool = true, within limit: Duration? = nil
    ) async throws(ClusterError) -> ClusterView {
        try await waitUntil(within: limit) { view in
            view.livingCount >= count && (!agreeing || view.isAgreed)
        }
    }
}
