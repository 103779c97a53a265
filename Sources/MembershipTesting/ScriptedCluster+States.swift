public import Membership
internal import MembershipCore
import Synchronization

/// Metadata, and what members publish.
extension ScriptedCluster {
    /// Another member changes what it publishes.
    ///
    /// - Parameters:
    ///   - name: the member. It must live.
    ///   - change: runs once, at once.
    /// - Throws: `.badStateKey`, `.stateTooLarge`, and then nothing has changed.
    public func publish(
        _ name: NodeAlias, _ change: (inout OwnState) -> Void
    ) throws(ClusterError) {
        guard let member = view[name] else {
            preconditionFailure("\(name) cannot publish: no living member has this name")
        }
        try publish(change, of: member.id)
    }

    /// The values that all living members publish.
    public var states: MemberStates { board.states }

    /// Changes what this node publishes.
    ///
    /// - Throws: `.badStateKey`, `.stateTooLarge`, and then nothing has changed; `.notRunning`.
    public func updateState(
        _ change: @escaping @Sendable (inout OwnState) -> Void
    ) async throws(ClusterError) {
        try checkRunning()
        try publish(change, of: localMember.id)
    }

    /// A snapshot, then every change of what members publish.
    public func stateChanges(prefix: String = "") -> StateChanges {
        StateChanges(board, prefix: prefix)
    }

    /// Replaces this node's metadata, and reports `updated`.
    ///
    /// - Throws: `.metadataTooLong` above 512 bytes, `.notRunning`.
    public func setMetadata(_ metadata: [UInt8]) async throws(ClusterError) {
        guard metadata.count <= Bounds.metadataBytes else {
            throw .metadataTooLong(bytes: metadata.count)
        }
        try checkRunning()
        update(localMember.name, metadata: metadata)
    }

    private func publish(
        _ change: (inout OwnState) -> Void, of member: NodeID
    ) throws(ClusterError) {
        let result = script.withLock { script -> Result<Void, ClusterError> in
            do throws(ClusterError) {
                let old = script.maps[member] ?? .empty
                let map = try old.changed(by: change)
                if !old.changes(to: map).isEmpty {
                    script.maps[member] = map
                    board.publish(map, of: member)
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
