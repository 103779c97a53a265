internal import MembershipCore
import MembershipWire

/// The values that members publish about themselves.
extension Cluster {
    /// The values that all living members publish: a snapshot that costs a lock of nanoseconds.
    public var states: MemberStates { board.states }

    /// Changes what this member publishes: a small map that only it writes and that all members hold. Newcomers are
    /// given it, a member that missed a change gets it within seconds, and it ends with the process of its member: a
    /// restarted member begins with an empty map.
    ///
    /// All changes of one call become visible to others together. Calls that follow each other quickly, above 20 at
    /// once or 10 a second, are sent as one.
    ///
    /// ```swift
    /// try await cluster.updateState { $0["ready"] = Array("yes".utf8) }
    /// ```
    /// - Parameter change: runs once, on the thread of the node: it must not block.
    /// - Throws: `.badStateKey`, `.stateTooLarge`, and then nothing has changed; `.notRunning`.
    public func updateState(
        _ change: @escaping @Sendable (inout OwnState) -> Void
    ) async throws(ClusterError) {
        let result = await handle?.get { $0.updateState(change) }
        // The loop is gone, or there never was one.
        guard let result else { throw .notRunning }
        if let error = result { throw error }
    }

    /// The values that members publish, and then every change of it. Each iteration is a separate subscription; it ends when the
    /// cluster stops. The first element is a snapshot.
    ///
    /// - Parameter prefix: only keys that begin with it.
    public func stateChanges(prefix: String = "") -> StateChanges {
        StateChanges(board, prefix: prefix)
    }
}

extension NodeRunner {
    /// Returns why nothing was changed.
    func updateState(_ change: (inout OwnState) -> Void) -> ClusterError? {
        guard lifecycle == .running else { return .notRunning }
        let old = node.ownState
        do throws(ClusterError) {
            let new = try old.changed(by: change)
            let changes = old.changes(to: new)
            if !changes.isEmpty { feed(.writeState(changes)) }
            return nil
        } catch {
            return error
        }
    }
}
